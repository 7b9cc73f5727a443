import { rm } from 'node:fs/promises'
import { sendLoad, warmUp } from '../lib/load.mjs'
import { coreTimes, loadCore, processorTime, proxyCore } from '../lib/machine.mjs'
import { shuffled } from '../lib/statistics.mjs'

/**
 * CPU per call of every candidate of a scenario, round by round: a fresh process each time, in random order, with
 * nginx (where it is a candidate) among the others every few.
 * @returns the samples of each candidate by name, times in microseconds a call
 */
export async function measureProcessorTime({ scenario, candidates, place, settings, say }) {
  const samples = new Map(candidates.map(({ name }) => [name, []]))
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (const candidate of orderOfRound(candidates)) {
      const sample = await measureOnce({ scenario, candidate, place, settings }).catch((cause) => {
        throw new Error(`${scenario.name}, ${candidate.name}: ${cause.message}`, { cause })
      })
      samples.get(candidate.name).push(sample)
      say(`${scenario.name} ${round}/${settings.rounds}  ${candidate.name.padEnd(20)} ${sample.used.toFixed(1)} µs`)
    }
  }
  return samples
}

async function measureOnce({ scenario, candidate, place, settings }) {
  const proxy = await candidate.start(place)
  try {
    const { sample, calls } = await loadAndMeasure({ scenario, candidate, proxy, settings })
    await proxy.stop()
    if (proxy.countLogged !== undefined) await demandLog(proxy, calls)
    return sample
  } finally {
    await proxy.stop()
    if (proxy.folder !== undefined) await rm(proxy.folder, { recursive: true, force: true })
  }
}

async function loadAndMeasure({ scenario, candidate, proxy, settings }) {
  const load = {
    ...proxy.call(scenario.path),
    ...(scenario.script === undefined ? {} : { script: scenario.script }),
    scriptArguments: candidate.scriptArguments ?? [],
  }
  const warm = await warmUp(load, Math.max(settings.warmUpCalls, candidate.warmUpCalls ?? 0))
  const tripsBefore = await proxy.roundTrips?.()
  const before = { time: processorTime(proxy.pid), cores: coreTimes() }
  const { calls, seconds } = await sendLoad({ ...load, seconds: settings.seconds })
  if (calls === 0) throw new Error('no call was answered')
  const after = { time: processorTime(proxy.pid), cores: coreTimes() }
  const trips = tripsBefore === undefined ? undefined : (await proxy.roundTrips()) - tripsBefore
  if (proxy.hasEnded()) throw new Error(`ended under load:\n${proxy.errors()}`)
  await proxy.checkParts?.()
  const used = after.time.used - before.time.used
  const sample = {
    used: used / calls / 1000,
    delayed: (after.time.delayed - before.time.delayed) / calls / 1000,
    callsPerSecond: calls / seconds,
    steal: difference(before, after, 'steal', proxyCore) / seconds,
    loadCoreSteal: difference(before, after, 'steal', loadCore) / seconds,
    ...(trips !== undefined && { roundTrips: trips / calls }),
    otherWork: Math.max(0, difference(before, after, 'busy', proxyCore) - used / 1e9) / seconds,
  }
  return { sample, calls: warm + calls }
}

function orderOfRound(candidates) {
  const nginx = candidates.filter(({ name }) => name === 'nginx')
  const others = shuffled(candidates.filter(({ name }) => name !== 'nginx'))
  return others.flatMap((candidate, index) => (index % 4 === 0 ? [...nginx, candidate] : [candidate]))
}

async function demandLog(proxy, calls) {
  const lines = await proxy.countLogged()
  if (lines < calls) throw new Error(`the product logged ${lines} lines for ${calls} calls`)
}

const difference = (before, after, what, core) => after.cores[core][what] - before.cores[core][what]
