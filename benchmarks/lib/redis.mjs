import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { loadCore } from './machine.mjs'
import { freePort, startPinned, whenListening } from './processes.mjs'

/** Debian's `redis-tools` has the server under another name, which it answers to by the name that it is called. */
const programs = ['redis-server', 'redis-check-rdb']

/** What the server sends for calls and records. What scripts run inside of Redis is no round trip. */
const sentCommands = ['evalsha', 'eval', 'hmget', 'hget', 'exists']

const kept = new Map()

/**
 * A Redis on the load core that stays for the whole run, with what `name` has stored in it: filling one with 100,000
 * accounts takes longer than measuring. The keys that seal and sign belong to it.
 */
export function redisFor(name, folder) {
  if (!kept.has(name)) kept.set(name, start(join(folder, `redis-${name}`)))
  return kept.get(name)
}

async function start(folder) {
  mkdirSync(folder)
  const program = join(folder, 'redis-server')
  symlinkSync(find(), program)
  const port = await freePort()
  const handle = startPinned({
    core: loadCore,
    command: program,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
  })
  await whenListening(handle, port)
  const key = () => randomBytes(32).toString('base64')
  return { url: `redis://127.0.0.1:${port}`, keys: { sealing: key(), signing: key() }, roundTrips: () => count(port) }
}

function find() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = programs.flatMap((name) => folders.map((path) => join(path, name))).find((path) => existsSync(path))
  if (found === undefined) throw new Error('Missing: a Redis 7 server. Install it: sudo apt-get install redis-tools')
  return found
}

/** Commands that clients have sent so far. */
async function count(port) {
  const text = await information(port)
  return [...text.matchAll(/^cmdstat_([a-z|]+):calls=(\d+)/gm)]
    .filter(([, command]) => sentCommands.includes(command))
    .reduce((sum, [, , calls]) => sum + Number(calls), 0)
}

function information(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('INFO commandstats\r\n'))
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      const [, length] = /^\$(\d+)\r\n/.exec(text) ?? []
      if (length === undefined || text.length < Number(length)) return
      socket.destroy()
      resolve(text)
    })
    socket.once('error', reject)
  })
}
