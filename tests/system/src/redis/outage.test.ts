import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { type RedisServer, startRedis } from '@proxy/test-support/redis'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startWorld, type World, type WorldOptions } from '../server/world.js'
import { expectWithin, timeUntil } from './bounds.js'
import { type SlowLink, startSlowLink } from './slow-link.js'
import { callSteadily } from './steady-calls.js'

const user = 'proxy'
const password = 'word-of-redis-5d1f'
const outageMs = 1_000
/** The contract's bound. */
const recoveryMs = 2_000

let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
  return () => upstream.stop()
})

function worldOn(port: number, config: Record<string, unknown> = {}): Promise<World> {
  const url = `redis://${user}:${password}@127.0.0.1:${port}`
  const options: WorldOptions = {
    upstreamPort: upstream.port,
    environment: { WORKERS: '1' },
    config: {
      storage: { kind: 'redis', url },
      rateLimiter: { kind: 'redis' },
      encryption: { keys: [randomBytes(32).toString('base64')] },
      ...config,
    },
  }
  return startWorld(options)
}

async function readiness(world: World): Promise<{ status: number; body: unknown }> {
  const answer = await rawRequest(`${world.url}/readyz`)
  return { status: answer.status, body: answer.json() }
}

/** Milliseconds until the server says so. */
function timeUntilReadiness(world: World, status: 'ok' | 'degraded'): Promise<number> {
  return timeUntil(async () => ((await readiness(world)).body as { status: string }).status === status)
}

async function metric(world: World, line: string): Promise<number> {
  const text = (await rawRequest(`${world.url}/metrics`)).text()
  return Number(new RegExp(`^${line} (\\d+)$`, 'm').exec(text)?.[1])
}

function lines(world: World, message: string): readonly Record<string, unknown>[] {
  return world.server.output.out
    .split('\n')
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

interface Fault {
  begin(server: RedisServer, link: SlowLink): Promise<unknown>
  end(server: RedisServer, link: SlowLink): Promise<unknown>
}

const faults: readonly (readonly [string, Fault])[] = [
  ['killed', { begin: (server) => server.signal('SIGKILL'), end: (server) => server.start() }],
  ['hung', { begin: (server) => server.signal('SIGSTOP'), end: (server) => server.signal('SIGCONT') }],
  ['slow', { begin: async (_, link) => link.delay(300), end: async (_, link) => link.delay(0) }],
  [
    'full',
    {
      begin: (server) => server.run('config', 'set', 'maxmemory', 1),
      end: (server) => server.run('config', 'set', 'maxmemory', 0),
    },
  ],
  [
    'read-only',
    {
      begin: (server) => server.run('replicaof', '127.0.0.1', 1),
      end: (server) => server.run('replicaof', 'no', 'one'),
    },
  ],
  [
    'of another password',
    {
      async begin(server) {
        await server.run('acl', 'setuser', user, 'resetpass', '>another')
        await server.run('client', 'kill', 'user', user)
      },
      end: (server) => server.run('acl', 'setuser', user, `>${password}`),
    },
  ],
]

it('under load, a Redis that is killed, hung, slow, full, read-only or of another password fails no call', {
  timeout: 180_000,
}, async () => {
  const server = await startRedis({
    config: [
      `user ${user} on >${password} ~* &* +@all`,
      'replica-serve-stale-data yes',
      'appendonly yes',
      'appendfsync always',
    ],
  })
  onTestFinished(() => server.stop())
  const link = await startSlowLink(server.port)
  onTestFinished(() => link.stop())
  const world = await worldOn(link.port)
  const token = await world.token()
  for (const [name, fault] of faults) {
    await timeUntilReadiness(world, 'ok')
    const { failed, calls } = await callSteadily(world, token, async () => {
      await pause(300)
      await fault.begin(server, link)
      await timeUntilReadiness(world, 'degraded')
      await pause(outageMs)
      expect(await metric(world, 'proxy_part_degraded\\{part="rateLimiter"\\}'), name).toBe(1)
      await fault.end(server, link)
      expectWithin(await timeUntilReadiness(world, 'ok'), recoveryMs)
      await timeUntil(async () => (await metric(world, 'proxy_part_degraded\\{part="rateLimiter"\\}')) === 0)
      await pause(300)
    })
    expect(failed, name).toEqual([])
    expect(calls, name).toBeGreaterThan(20)
  }
  expect(lines(world, 'fault')).toEqual([])
  expect(world.server.output.out + world.server.output.error).not.toContain(password)
})

describe('a Redis that is not there at the start', () => {
  it('is told of in one line that names the setting, and limits are counted in the process', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    await server.signal('SIGKILL')
    const url = `redis://127.0.0.1:${server.port}`
    const world = await worldOn(0, { storage: { kind: 'memory' }, rateLimiter: { kind: 'redis', url } })
    expect(await readiness(world)).toEqual({
      status: 200,
      body: { status: 'degraded', parts: { storage: 'ok', rateLimiter: 'degraded' } },
    })
    const { url: target, headers } = world.call('/x', await world.token())
    expect((await rawRequest(target, { headers })).status).toBe(200)
    await world.server.until(/"msg":"part"/)
    await pause(1_000)
    expect(lines(world, 'part')).toMatchObject([
      {
        level: 'warn',
        part: 'rateLimiter',
        state: 'degraded',
        reason: 'rateLimiter.url cannot be used: ECONNREFUSED',
      },
    ])
    await server.start()
    expectWithin(await timeUntilReadiness(world, 'ok'), recoveryMs)
  })

  it('keeps the server from being ready while accounts are there, and gets its seeds when it comes', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    await server.signal('SIGKILL')
    const world = await worldOn(server.port, { storage: { kind: 'redis', url: server.url } })
    expect(await readiness(world)).toEqual({
      status: 503,
      body: { status: 'degraded', parts: { storage: 'degraded', rateLimiter: 'degraded' } },
    })
    const { url, headers } = world.call('/x', await world.token())
    const refused = await rawRequest(url, { headers })
    expect(refused.status).toBe(503)
    expect(refused.headers['retry-after']).toBe('1')
    expect(refused.json()).toMatchObject({ code: 'credential_store_unavailable' })
    // In one line, unless the machine takes long over the second part.
    const told = (): string[] => lines(world, 'part').flatMap(({ part }) => String(part).split(', '))
    await timeUntil(() => told().length === 2)
    expect(told().sort()).toEqual(['rateLimiter', 'storage'])
    for (const { reason } of lines(world, 'part')) expect(reason).toBe('storage.url cannot be used: ECONNREFUSED')
    await server.start()
    await world.server.until(/"msg":"seeds stored"/)
    await timeUntilReadiness(world, 'ok')
    expect((await rawRequest(url, { headers })).status).toBe(200)
  })

  it('makes a limiter that fails closed refuse calls', async () => {
    const rateLimiter = { kind: 'redis', url: 'redis://127.0.0.1:1', failClosed: true }
    const world = await worldOn(0, { storage: { kind: 'memory' }, rateLimiter })
    const { url, headers } = world.call('/closed', await world.token())
    const refused = await rawRequest(url, { headers })
    expect(refused.status).toBe(503)
    expect(refused.headers['retry-after']).toBe('1')
    expect(upstream.requests.filter((request) => request.url === '/closed')).toHaveLength(0)
  })
})
