import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { type RedisServer, startRedis } from '@proxy/test-support/redis'
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { startWorld, type World, type WorldOptions } from '../server/world.js'
import { type SlowLink, startSlowLink } from './slow-link.js'
import { callSteadily } from './steady-calls.js'

const user = 'proxy'
const password = 'word-of-redis-5d1f'
const outageMs = 1_500
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
async function timeUntilReadiness(world: World, status: 'ok' | 'degraded'): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    const { body } = await readiness(world)
    if ((body as { status: string }).status === status) return performance.now() - startedAt
    if (performance.now() - startedAt > 10_000) throw new Error(`It never was ${status}.`)
    await pause(20)
  }
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

describe('under load, a Redis that is', () => {
  let server: RedisServer
  let link: SlowLink
  beforeEach(async () => {
    server = await startRedis({
      config: [`user ${user} on >${password} ~* &* +@all`, 'replica-serve-stale-data yes'],
    })
    link = await startSlowLink(server.port)
    return async () => {
      await link.stop()
      await server.stop()
    }
  })

  it.each(faults)('%s fails no call, and is used again within two seconds', async (_, fault) => {
    const world = await worldOn(link.port)
    const token = await world.token()
    expect(await readiness(world)).toMatchObject({ status: 200, body: { status: 'ok' } })
    const { failed, calls } = await callSteadily(world, token, async () => {
      await pause(300)
      await fault.begin(server, link)
      await timeUntilReadiness(world, 'degraded')
      await pause(outageMs)
      expect(await metric(world, 'proxy_part_degraded\\{part="rateLimiter"\\}')).toBe(1)
      await fault.end(server, link)
      expect(await timeUntilReadiness(world, 'ok')).toBeLessThan(recoveryMs)
      expect(await metric(world, 'proxy_part_degraded\\{part="rateLimiter"\\}')).toBe(0)
      await pause(300)
    })
    expect(failed).toEqual([])
    expect(calls).toBeGreaterThan(20)
    expect(lines(world, 'fault')).toEqual([])
    expect(world.server.output.out + world.server.output.error).not.toContain(password)
  })
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
    expect(await timeUntilReadiness(world, 'ok')).toBeLessThan(recoveryMs)
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
    await world.server.until(/"msg":"part"/)
    expect(lines(world, 'part')).toMatchObject([
      { part: 'rateLimiter, storage', reason: 'storage.url cannot be used: ECONNREFUSED' },
    ])
    await server.start()
    await world.server.until(/"msg":"seeds stored"/)
    expect(await readiness(world)).toMatchObject({ status: 200, body: { status: 'ok' } })
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
