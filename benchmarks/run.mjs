#!/usr/bin/env node
// The performance bars: this proxy and its peers side by side on loopback. Progress on stderr, tables on stdout.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { judgeLatency, latencyScenario, latencyTable, measureLatency } from './bars/latency.mjs'
import { judgeMemory, measureMemory, memoryScenario } from './bars/memory.mjs'
import { measureProcessorTime } from './bars/processor.mjs'
import { processorScenarios } from './bars/scenarios.mjs'
import { candidateByName } from './lib/candidates.mjs'
import { writeFigures } from './lib/document.mjs'
import { coreCount, loadCore } from './lib/machine.mjs'
import { startOrigin } from './lib/origin.mjs'
import { run, stopAll } from './lib/processes.mjs'
import { judge, judgeRoundTrips, processorTable, verdictTable } from './lib/report.mjs'
import { needNode, needPeers, needTools } from './lib/tools.mjs'

const scenarios = [...processorScenarios, latencyScenario, memoryScenario]
const help = `Usage: npm run bench -- [options]

  --only LIST        scenarios or bars, with commas between: ${scenarios.map(({ name }) => name).join(', ')}, bar1 …
  --candidates LIST  only these of each scenario (nginx, undici-dispatch, reply-from, product, …)
  --quick            a short check: 3 rounds, short warm-up; its figures are not for publication
  --rounds N         rounds of each scenario (default 10)
  --json FILE        where the samples go (default benchmarks/.results/latest.json)
  --document FILE    puts the tables into their places in FILE too, such as docs/performance.md
  --server FILE      the server's entry (default apps/node-server/dist/cli.js)
  --node FILE        a Node to use instead of the fetched Node 24
  --help

Ends with 0 when every bar was met, 1 when one was not, 2 when a run was void or could not be made.`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    candidates: { type: 'string' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    json: { type: 'string', default: join(import.meta.dirname, '.results', 'latest.json') },
    document: { type: 'string' },
    server: { type: 'string' },
    node: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const thorough = {
  rounds: 10,
  seconds: 3,
  warmUpCalls: 50_000,
  latency: { turns: 8, seconds: 2, settleSeconds: 0.5 },
  streamGibibytes: 3,
  memoryWarmUpCalls: 20_000,
  eventStreams: 9500,
}
const quick = { ...thorough, rounds: 3, seconds: 2, warmUpCalls: 15_000, latency: { ...thorough.latency, turns: 2 } }

if (options.help) console.log(help)
else {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopAll().then(() => process.exit(130)))
  process.exitCode = await main().catch((error) => {
    console.error(error.message)
    return 2
  })
}

async function main() {
  const settings = { ...(options.quick ? quick : thorough), ...(options.rounds && { rounds: Number(options.rounds) }) }
  const chosen = chooseScenarios()
  if (coreCount() < 2) throw new Error('Two cores are needed: one for the proxy, one for load and origin.')
  const folder = mkdtempSync(join(tmpdir(), 'proxy-benchmark-'))
  try {
    await needTools(say)
    await needPeers(say)
    const node = await needNode(say, options.node)
    await run('taskset', ['-cp', String(loadCore), String(process.pid)])
    const origin = await startOrigin(folder)
    const make = candidateByName({ node, server: options.server })
    const results = []
    const tables = new Map()
    for (const scenario of chosen) {
      const upstream = origin.upstream(scenario.tls)
      const candidates = candidatesOf(scenario).map(make)
      const place = { folder, upstream, authority: origin.authority }
      const result = await measure({ scenario, candidates, place, settings, node, say })
      results.push({ scenario: scenario.name, ...result.data })
      tables.set(scenario.name, result.text)
      console.log(`\n## ${scenario.title}\n\n${result.text}`)
    }
    if (options.document !== undefined) writeFigures(options.document, tables)
    save({ node: (await run(node, ['--version'])).trim(), cores: coreCount(), settings, results })
    if (results.some(({ isVoid }) => isVoid)) return 2
    return results.some(({ verdicts }) => verdicts.some(({ met }) => !met)) ? 1 : 0
  } finally {
    await stopAll()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure({ scenario, ...rest }) {
  if (scenario === memoryScenario) {
    const figures = await measureMemory(rest)
    const { verdicts, text } = judgeMemory(figures)
    return { text, data: { verdicts, figures: Object.fromEntries(figures) } }
  }
  if (scenario === latencyScenario) {
    const samples = await measureLatency(rest)
    const judged = judgeLatency(samples)
    const tables = judged.map((part) => `added ${part.percentile}:\n\n${verdictTable(part)}`)
    const data = { verdicts: judged.flatMap(({ verdicts }) => verdicts), isVoid: judged.some(({ isVoid }) => isVoid) }
    return {
      text: [latencyTable(samples), ...tables].join('\n\n'),
      data: { ...data, samples: Object.fromEntries(samples) },
    }
  }
  const samples = await measureProcessorTime({ scenario, ...rest })
  const figures = new Map([...samples].map(([name, list]) => [name, list.map(({ used }) => used)]))
  const ratios = judge({ figures, limits: scenario.limits })
  const judged = { ...ratios, verdicts: [...ratios.verdicts, ...judgeRoundTrips(samples, scenario.roundTripsAtMost)] }
  const text = `${processorTable(samples)}\n\n${verdictTable(judged)}`
  return { text, data: { ...judged, samples: Object.fromEntries(samples) } }
}

function chooseScenarios() {
  const wanted = options.only?.split(',') ?? scenarios.map(({ name }) => name)
  const chosen = scenarios.filter(({ name, bar }) => wanted.includes(name) || wanted.includes(`bar${bar}`))
  const unknown = wanted.filter((word) => !scenarios.some(({ name, bar }) => word === name || word === `bar${bar}`))
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}\n\n${help}`)
  return chosen
}

function candidatesOf(scenario) {
  const wanted = options.candidates?.split(',')
  return scenario.candidates.filter((name) => wanted === undefined || name === 'direct' || wanted.includes(name))
}

function save(result) {
  mkdirSync(dirname(options.json), { recursive: true })
  writeFileSync(options.json, JSON.stringify(result, undefined, 2))
  say(`samples: ${options.json}`)
}

function say(text) {
  console.error(`· ${text}`)
}
