#!/usr/bin/env node
// Two or more builds or settings side by side, on a machine that is not the same from minute to minute.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { candidateByName } from './lib/candidates.mjs'
import { loadScript, sendLoad, warmUp } from './lib/load.mjs'
import { loadCore, processorTime } from './lib/machine.mjs'
import { startOrigin } from './lib/origin.mjs'
import { run, stopAll } from './lib/processes.mjs'
import { productCandidate } from './lib/product.mjs'
import { table } from './lib/report.mjs'
import { minimum, quantile, shuffled } from './lib/statistics.mjs'
import { needNode, needPeers, needTools } from './lib/tools.mjs'

const help = `Usage: node benchmarks/compare.mjs CANDIDATE CANDIDATE … [options]

All candidates are alive at once and get the load in turns of one second, in random order, so that each meets the same
machine. Prints the CPU of a call of each, and its ratio to the first one.

  CANDIDATE         a name such as product, reply-from or 1,000-apps, or LABEL=FILE, another build's cli.js. Behind it may
                    stand accounts=N, apps=N, workers=N and options of Node:
                    "small=apps/node-server/dist/cli.js accounts=1000 --max-semi-space-size=4"
  --path PATH       what the origin is asked for: /1k.json (default) or /64k.json
  --post            sends a JSON body of 1 KiB
  --tls             the origin speaks TLS
  --slices N        turns of each candidate in a generation (default 16)
  --generations N   fresh processes of all, so many times (default 3)
  --warm-up N       calls before the first turn (default 50000)
  --node FILE       a Node to use instead of the fetched Node 24
  --help`

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    path: { type: 'string', default: '/1k.json' },
    post: { type: 'boolean', default: false },
    tls: { type: 'boolean', default: false },
    slices: { type: 'string', default: '16' },
    generations: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '50000' },
    node: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (options.help || names.length === 0) console.log(help)
else {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopAll().then(() => process.exit(130)))
  process.exitCode = await main().catch((error) => {
    console.error(error.message)
    return 2
  })
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'proxy-compare-'))
  try {
    await needTools(say)
    await needPeers(say)
    const node = await needNode(say, options.node)
    await run('taskset', ['-cp', String(loadCore), String(process.pid)])
    const origin = await startOrigin(folder)
    const upstream = origin.upstream(options.tls)
    const candidates = names.map((name) => candidateOf(name, node))
    const generations = []
    for (let generation = 1; generation <= Number(options.generations); generation += 1) {
      generations.push(await measureGeneration(candidates, { folder, upstream, authority: origin.authority }))
      say(`generation ${generation}\n${tableOf(generations.slice(-1))}`)
    }
    console.log(tableOf(generations))
    return 0
  } finally {
    await stopAll()
    rmSync(folder, { recursive: true, force: true })
  }
}

function candidateOf(name, node) {
  const [, label, file, words] = /^([^=]+)=(\S+)(.*)$/.exec(name) ?? []
  if (label === undefined) {
    const candidate = candidateByName({ node })(name)
    if (candidate === undefined) throw new Error(`no candidate is named ${name}`)
    return candidate
  }
  const settings = words.split(' ').filter((word) => word !== '')
  const setUp = settings.filter((word) => !word.startsWith('-')).map((word) => word.split('='))
  const counts = Object.fromEntries(setUp.map(([key, value]) => [key, Number(value)]))
  const nodeOptions = settings.filter((word) => word.startsWith('-'))
  const product = productCandidate({ node, name: label, server: resolve(file), nodeOptions, ...counts })
  return counts.accounts === undefined ? product : { ...product, scriptArguments: [counts.accounts] }
}

/** The CPU of a call in each turn, by candidate: fresh processes, all warmed up before the first turn. */
async function measureGeneration(candidates, place) {
  const started = []
  for (const candidate of candidates) {
    const proxy = await candidate.start(place)
    const load = {
      ...proxy.call(options.path),
      ...(options.post && { script: loadScript('post.lua') }),
      ...(candidate.scriptArguments && { script: loadScript('accounts.lua') }),
      scriptArguments: candidate.scriptArguments ?? [],
    }
    await warmUp(load, Number(options['warm-up']))
    started.push({ candidate, proxy, load, used: [] })
  }
  for (let slice = 0; slice < Number(options.slices); slice += 1) {
    for (const { proxy, load, used } of shuffled(started)) {
      const before = processorTime(proxy.pid).used
      const { calls } = await sendLoad({ ...load, seconds: 1 })
      used.push((processorTime(proxy.pid).used - before) / calls / 1000)
    }
  }
  await Promise.all(started.map(({ proxy }) => proxy.stop()))
  return started.map(({ used }) => used)
}

function tableOf(generations) {
  const pooled = names.map((_, index) => generations.flatMap((figures) => figures[index]))
  const figures = (list) => [minimum(list), quantile(list, 0.25), quantile(list, 0.5)]
  const base = figures(pooled[0])
  const rows = pooled.map((list, index) => [
    names[index].split('=')[0],
    ...figures(list).map((figure, column) => `${figure.toFixed(1)}  ${(figure / base[column]).toFixed(3)}`),
  ])
  return table(['candidate', 'CPU µs min', 'quarter', 'median'], rows)
}

function say(text) {
  console.error(`· ${text}`)
}
