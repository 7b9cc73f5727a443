import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { warmUp } from '../lib/load.mjs'
import { loadCore } from '../lib/machine.mjs'
import { run } from '../lib/processes.mjs'
import { judge, table } from '../lib/report.mjs'
import { median, minimum, quantile, shuffled } from '../lib/statistics.mjs'

const rate = 500
const client = join(import.meta.dirname, '..', 'load', 'fixed-rate.mjs')

export const latencyScenario = {
  name: 'latency',
  bar: 2,
  title: `Added latency at ${rate} calls a second, GET 1 KiB`,
  candidates: ['direct', 'nginx', 'reply-from', 'product', 'product-again'],
  limits: [{ of: 'product', to: 'reply-from', atMost: 1 }],
}

/** The origin without anything in between: what the others add is counted from here. */
export const directCandidate = {
  name: 'direct',
  start: ({ upstream }) => ({ call: (path) => ({ url: `${upstream.origin}${path}`, headers: {} }), stop: () => {} }),
}

/**
 * p50 and p99 in microseconds of each candidate, round by round. In a round all of them are alive and get the load in
 * turns, in random order: a machine that is slow for some seconds is so for each of them.
 */
export async function measureLatency({ candidates, place, settings, node, say }) {
  const samples = new Map(candidates.map(({ name }) => [name, []]))
  for (let round = 1; round <= settings.rounds; round += 1) {
    const started = []
    for (const { name, start } of candidates) {
      const proxy = await start(place)
      const call = proxy.call('/1k.json')
      await warmUp(call, settings.warmUpCalls)
      started.push({ name, proxy, call, latencies: [] })
    }
    for (let turn = 0; turn < settings.latency.turns; turn += 1) {
      for (const { call, latencies } of shuffled(started)) latencies.push(...(await callInTurn(call, settings, node)))
    }
    for (const { name, proxy, latencies } of started) {
      await proxy.stop()
      if (proxy.folder !== undefined) await rm(proxy.folder, { recursive: true, force: true })
      const [p50, p99] = [0.5, 0.99].map((share) => Math.round(quantile(latencies, share)))
      samples.get(name).push({ p50, p99, calls: latencies.length })
      say(`latency ${round}/${settings.rounds}  ${name.padEnd(20)} p50 ${p50} µs, p99 ${p99} µs`)
    }
  }
  return samples
}

async function callInTurn(call, settings, node) {
  const options = JSON.stringify({ ...call, rate, ...settings.latency })
  return JSON.parse(await run('taskset', ['-c', String(loadCore), node, client, options]))
}

/** Verdicts on the added p50 and p99. The few slow calls of a p99 vary too much to say whether a run is valid. */
export function judgeLatency(samples) {
  const { limits } = latencyScenario
  const [p50, p99] = [addedLatency(samples, 'p50'), addedLatency(samples, 'p99')]
  const middle = { percentile: 'p50', ...judge({ figures: p50, limits }) }
  return [
    middle,
    { percentile: 'p99', ...judge({ figures: p99, limits }), agreement: undefined, isVoid: middle.isVoid },
  ]
}

/** What each candidate adds to the direct way, by name; at least one microsecond. */
function addedLatency(samples, percentile) {
  const direct = median(samples.get('direct').map((sample) => sample[percentile]))
  const proxies = [...samples].filter(([name]) => name !== 'direct')
  return new Map(proxies.map(([name, list]) => [name, list.map((sample) => Math.max(1, sample[percentile] - direct))]))
}

export function latencyTable(samples) {
  const milliseconds = (microseconds) => (microseconds / 1000).toFixed(2)
  const cells = (list, percentile) => {
    const figures = list.map((sample) => sample[percentile])
    return [milliseconds(minimum(figures)), milliseconds(median(figures))]
  }
  const rows = [...samples].map(([name, list]) => [name, ...cells(list, 'p50'), ...cells(list, 'p99')])
  return table(['candidate', 'p50 min ms', 'p50 median', 'p99 min ms', 'p99 median'], rows)
}
