import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const running = new Set()

/**
 * Starts a command pinned to one core. `output` is a descriptor for its standard output; errors are kept
 * (the last 4 KiB) and shown if it ends before it is asked to.
 */
export function startPinned({ core, command, args = [], env = {}, output = 'ignore' }) {
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', output, 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-4096)
  })
  let over = false
  const ended = new Promise((resolve) => {
    const end = (how) => {
      over = true
      running.delete(handle)
      resolve(how)
    }
    child.once('error', (error) => end(error.message))
    child.once('exit', (code, signal) => end(`${signal ?? code}`))
  })
  const handle = { pid: child.pid, ended, errors: () => errors, hasEnded: () => over, stop }
  running.add(handle)
  return handle

  async function stop() {
    if (over) return
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await ended
    clearTimeout(late)
  }
}

/** Ends whatever is still running; for the way out, also after an error or an interrupt. */
export async function stopAll() {
  await Promise.all([...running].map((handle) => handle.stop()))
}

/** Waits until a started process answers on its port (on every port, when there are several). */
export async function whenListening(handle, ports, seconds = 60) {
  const deadline = Date.now() + seconds * 1000
  for (const port of [ports].flat()) {
    while (!(await answers(port))) {
      if (handle.hasEnded()) throw new Error(`ended (${await handle.ended}) before it listened:\n${handle.errors()}`)
      if (Date.now() > deadline) throw new Error(`does not listen on port ${port}:\n${handle.errors()}`)
      await sleep(25)
    }
  }
}

/** A port that nothing listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Runs a command to its end and gives its standard output; rejects when it fails. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-4096)
    })
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`${command} ${args[0]} … ended with ${code}: ${errors || output}`))
    })
  })
}

/** The environment without what npm and pnpm leave in it: nested installs would obey it. */
function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_|^(NODE_OPTIONS|NODE_ENV|WORKERS)$/i.test(name))
  return { ...Object.fromEntries(kept), NODE_ENV: 'production' }
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
