#!/usr/bin/env node
// Where one proxy spends its time: starts it, warms it up, samples it under load, prints the hottest functions.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadScript, sendLoad, warmUp } from './lib/load.mjs'
import { processorTime, processTree } from './lib/machine.mjs'
import { startOrigin } from './lib/origin.mjs'
import { peerCandidates, startNode } from './lib/peers.mjs'
import { stopAll } from './lib/processes.mjs'
import { productCandidate } from './lib/product.mjs'
import { needNode, needPeers, needTools } from './lib/tools.mjs'

const help = `Usage: node benchmarks/profile.mjs [--candidate NAME | --entry FILE] [options]

  --candidate NAME  product (the built server; this is the default) or a peer such as reply-from
  --entry FILE      any script that listens on $PORT and forwards to $UPSTREAM
  --path PATH       what the origin is asked for: /1k.json (default) or /64k.json
  --post            sends a JSON body of 1 KiB
  --tls             the origin speaks TLS
  --memory          what is allocated rather than where time is spent
  --seconds N       sampled under load for this long (default 5)
  --warm-up N       calls before sampling (default 50000)
  --top N           functions shown (default 40)
  --keep FOLDER     keeps the .cpuprofile files there, for the browser's or the editor's viewer
  --server FILE     the server's entry (default apps/node-server/dist/cli.js)
  --node FILE       a Node to use instead of the fetched Node 24`

const { values: options } = parseArgs({
  options: {
    candidate: { type: 'string', default: 'product' },
    entry: { type: 'string' },
    path: { type: 'string', default: '/1k.json' },
    post: { type: 'boolean', default: false },
    tls: { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '50000' },
    top: { type: 'string', default: '40' },
    keep: { type: 'string' },
    server: { type: 'string' },
    node: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (options.help) console.log(help)
else await main()

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'proxy-profile-'))
  const profiles = options.keep ?? join(folder, 'profiles')
  mkdirSync(profiles, { recursive: true })
  try {
    await needTools(say)
    const node = await needNode(say, options.node)
    const origin = await startOrigin(folder)
    const upstream = origin.upstream(options.tls)
    const env = {
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'lib', 'profile-hook.mjs')}`,
      PROFILE_PREFIX: `${profiles}/`,
      PROFILE_MEMORY: options.memory ? '1' : '0',
    }
    const place = { folder, upstream, authority: origin.authority, env }
    const proxy = await start(node, place)
    print(await sample(proxy, profiles))
  } finally {
    await stopAll()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function start(node, place) {
  if (options.entry !== undefined) return startNode({ ...place, command: node, args: [options.entry] })
  if (options.candidate === 'product') return productCandidate({ node, server: options.server }).start(place)
  await needPeers(say)
  const peer = peerCandidates(node).find(({ name }) => name === options.candidate)
  if (peer === undefined || peer.name === 'nginx') throw new Error(`no Node candidate is named ${options.candidate}`)
  return peer.start(place)
}

async function sample(proxy, profiles) {
  const call = { ...proxy.call(options.path), ...(options.post && { script: loadScript('post.lua') }) }
  say('warming up')
  await warmUp(call, Number(options['warm-up']))
  const members = processTree(proxy.pid)
  signalAll(members)
  await sleep(200)
  say('sampling')
  const before = processorTime(proxy.pid)
  const { calls } = await sendLoad({ ...call, seconds: Number(options.seconds) })
  const after = processorTime(proxy.pid)
  signalAll(members)
  const written = await profilesOf(members, profiles)
  return {
    calls,
    cpu: (after.used - before.used) / calls / 1000,
    profiles: written.map((name) => JSON.parse(readFileSync(join(profiles, name), 'utf8'))),
  }
}

/** The files that the processes wrote, once they are whole; a shell or a supervisor writes none. */
async function profilesOf(members, folder) {
  const written = () => readdirSync(folder).filter((name) => members.some((pid) => name === `${pid}.cpuprofile`))
  for (let waited = 0; written().length === 0 && waited < 100; waited += 1) await sleep(200)
  await sleep(1000)
  return written()
}

// A process of the tree without the hook (a shell, say) would die of the signal: only Node loads it.
function signalAll(members) {
  for (const pid of members) process.kill(pid, 'SIGUSR2')
}

function print({ calls, cpu, profiles }) {
  const functions = new Map()
  const files = new Map()
  let whole = 0
  for (const { functionName, url, lineNumber, amount } of profiles.flatMap(options.memory ? allocations : selfTimes)) {
    if (amount === 0 || functionName === '(idle)' || functionName === '(root)' || url === 'node:inspector') continue
    whole += amount
    add(functions, `${functionName || '(anonymous)'}  ${url === '' ? '' : `${shorten(url)}:${lineNumber + 1}`}`, amount)
    add(files, nameOfFile(url, functionName), amount)
  }
  const unit = options.memory ? 'bytes/call' : '   µs/call'
  const rows = (map, top) =>
    [...map]
      .sort((a, b) => b[1] - a[1])
      .slice(0, top)
      .map(([name, amount]) => [(amount / calls).toFixed(2).padStart(10), share(amount / whole), name].join('  '))
      .join('\n')
  console.log(`${calls} calls, ${cpu.toFixed(1)} µs of CPU a call while sampled (sampling itself adds to it)\n`)
  console.log(`${unit}       %  function itself\n${rows(functions, Number(options.top))}\n`)
  console.log(`${unit}       %  file\n${rows(files, 25)}`)
}

/** Microseconds of each function itself. */
function selfTimes({ nodes, samples, timeDeltas }) {
  const times = new Map()
  samples.forEach((id, index) => {
    add(times, id, timeDeltas[index])
  })
  return nodes.map(({ id, callFrame }) => ({ ...callFrame, amount: times.get(id) ?? 0 }))
}

/** Bytes that each function itself allocated. */
function allocations({ head }) {
  const below = (node) => [{ ...node.callFrame, amount: node.selfSize }, ...node.children.flatMap(below)]
  return below(head)
}

function nameOfFile(url, functionName) {
  if (url !== '') return shorten(url)
  return functionName.startsWith('(') ? functionName : '(native)'
}

function share(part) {
  return (100 * part).toFixed(1).padStart(6)
}

function add(map, key, amount) {
  map.set(key, (map.get(key) ?? 0) + amount)
}

function shorten(url) {
  if (!url.startsWith('file:') && !url.startsWith('/')) return url
  const path = url.startsWith('/') ? url : fileURLToPath(url)
  const inPackage = path.lastIndexOf('/node_modules/')
  if (inPackage !== -1) return path.slice(inPackage + '/node_modules/'.length)
  return relative(join(import.meta.dirname, '..'), path)
}

function say(text) {
  console.error(`· ${text}`)
}
