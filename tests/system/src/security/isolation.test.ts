import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type RunningServer, startServer } from '@proxy/test-support'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../engine/raw-upstream.js'
import { type Callers, keepAliveCallers, type QuickAnswer } from './callers.js'

const key = 'a-static-key-for-isolation'
const connections = 4

let fast: RawUpstream
let silent: RawUpstream
let black: { readonly port: number; stop(): Promise<void> }
let names: UdpSocket
let server: RunningServer
let callers: Callers
const asked = new Set<string>()

beforeAll(async () => {
  fast = await startRawUpstream()
  fast.script = (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  silent = await startRawUpstream()
  black = await startBlackHole()
  names = createSocket('udp4')
  // Says nothing at all.
  names.on('message', (query) => asked.add(query.toString('latin1', 13, 13 + (query[12] ?? 0))))
  await new Promise<void>((resolve) => names.bind(0, '127.0.0.1', resolve))
  const origins = {
    fast: `127.0.0.1:${fast.port}`,
    silent: `127.0.0.1:${silent.port}`,
    black: `127.0.0.1:${black.port}`,
    unnamed: 'slow.example.com',
  }
  server = await startServer({
    config: {
      network: {
        allowPrivate: Object.values(origins).filter((origin) => origin.includes(':')),
        dnsServers: [`127.0.0.1:${names.address().port}`],
      },
      limits: { project: 'none', connectionsPerOrigin: connections, headTimeout: '6s' },
      projects: [{ id: 'proj_1', secretKeys: [{ key }] }],
      apps: Object.entries(origins).map(([name_slug, origin]) => ({
        name_slug,
        name: name_slug,
        auth_type: 'none',
        connect: {
          base_proxy_target_url: `${name_slug === 'unnamed' ? 'https' : 'http'}://${origin}`,
          allowed_domains: [origin],
        },
        auth: [{ kind: 'none' }],
      })),
      accounts: Object.keys(origins).map((app) => ({
        ...{ project: 'proj_1', environment: 'production', id: `apn_${app}`, external_user_id: 'u', app },
      })),
    },
  })
  callers = keepAliveCallers(server.port, 64)
})

afterAll(async () => {
  callers.close()
  names.close()
  await server.stop()
  await Promise.all([fast.stop(), silent.stop(), black.stop()])
})

/** A port that takes no connection and refuses none: a stopped process whose queue is full. */
async function startBlackHole() {
  const program = `const s = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(s.address().port)); setTimeout(() => process.exit(), 60_000)`
  const child: ChildProcess = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve) =>
    child.stdout?.once('data', (line: Buffer) => resolve(Number(line.toString()))),
  )
  child.kill('SIGSTOP')
  const waiting: Socket[] = []
  for (let isFull = false; !isFull; ) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    waiting.push(socket)
    isFull = await Promise.race([
      once(socket, 'connect').then(() => false),
      new Promise<true>((resolve) => setTimeout(() => resolve(true), 250)),
    ])
  }
  return {
    port,
    async stop() {
      for (const socket of waiting) socket.destroy()
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

function call(app: string) {
  const target = Buffer.from('/x').toString('base64url')
  const path = `/v1/connect/proj_1/proxy/${target}?external_user_id=u&account_id=apn_${app}`
  return callers.send({ path, headers: ['Authorization', `Bearer ${key}`] })
}

/** How often each outcome came. */
function tally(answers: readonly QuickAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status, body } of answers) {
    const outcome = `${status} ${(JSON.parse(body) as { code: string }).code}`
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  return counts
}

describe('origins that are stuck', () => {
  it('hold up their own calls alone, no longer than their queue’s deadline, on few connections', async () => {
    const calls = connections * 3
    const stuck = Promise.all(
      ['silent', 'black', 'unnamed'].map((app) => Promise.all(Array.from({ length: calls }, () => call(app)))),
    )
    const times: number[] = []
    for (let number = 0; number < 300; number += 1) {
      const start = performance.now()
      expect((await call('fast')).status).toBe(200)
      times.push(performance.now() - start)
    }
    // Half of them: the machine that runs this may have other work, too.
    expect(times.sort((one, other) => one - other)[150]).toBeLessThan(100)

    const [behindSilence = [], behindBlackHole = [], behindNames = []] = await stuck
    const expected = { '504 upstream_timeout': connections, '503 overloaded': connections * 2 }
    expect(tally(behindSilence)).toEqual(expected)
    expect(tally(behindBlackHole)).toEqual(expected)
    expect(asked).toContain('slow')
    // The name's deadline is as long as the queue's.
    for (const outcome of Object.keys(tally(behindNames))) {
      expect(['502 upstream_dns', '503 overloaded', '504 upstream_timeout']).toContain(outcome)
    }
    expect(silent.connections).toBe(connections)
    expect(silent.heads).toHaveLength(connections)
    for (const { status, rawHeaders } of behindSilence) {
      if (status === 503) expect(rawHeaders.map((text) => text.toLowerCase())).toContain('retry-after')
    }
  })

  it('are served again when they answer again', async () => {
    silent.script = (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    const answers = await Promise.all(Array.from({ length: 40 }, () => call('silent')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(silent.open).toBeLessThanOrEqual(connections)
  })
})
