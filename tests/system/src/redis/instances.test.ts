import { randomBytes } from 'node:crypto'
import { type RawAnswer, rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { type RedisServer, startRedis } from '@proxy/test-support/redis'
import { beforeEach, describe, expect, it } from 'vitest'
import { apiKey, startWorld, type World } from '../server/world.js'
import { expectWithin, timeUntil } from './bounds.js'

const instances = 4

let upstream: Upstream
let redis: RedisServer
beforeEach(async () => {
  upstream = await startUpstream()
  redis = await startRedis()
  return async () => {
    await upstream.stop()
    await redis.stop()
  }
})

/** Processes that share Redis and keys, and nothing else. */
function startInstances(config: Record<string, unknown> = {}, count = instances): Promise<readonly World[]> {
  const key = (): string => randomBytes(32).toString('base64')
  const shared = {
    storage: { kind: 'redis', url: redis.url },
    rateLimiter: { kind: 'redis', instances: count, timeout: '5s' },
    encryption: { keys: [key()] },
    tokens: { signingKeys: [key()] },
    ...config,
  }
  return Promise.all(
    Array.from({ length: count }, () =>
      startWorld({ upstreamPort: upstream.port, environment: { WORKERS: '1' }, config: shared }),
    ),
  )
}

function call(world: World, token: string): Promise<RawAnswer> {
  const { url, headers } = world.call('/x', token)
  return rawRequest(url, { headers })
}

/** Milliseconds until the instance answers so. */
function timeUntilAnswered(world: World, token: string, status: number): Promise<number> {
  return timeUntil(async () => (await call(world, token)).status === status)
}

describe('four servers on one Redis', () => {
  it('count one limit together', async () => {
    const worlds = await startInstances({ limits: { project: { requests: 100, window: '60s' } } })
    const token = (await worlds[0]?.token()) ?? ''
    const answers = await Promise.all(worlds.flatMap((world) => Array.from({ length: 75 }, () => call(world, token))))
    const passed = answers.filter(({ status }) => status === 200)
    expect(passed.length).toBeGreaterThanOrEqual(100)
    expect(passed.length).toBeLessThanOrEqual(110)
    expect(upstream.requests).toHaveLength(passed.length)
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(answers.length - passed.length)
    for (const { headers } of refused) expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  })

  it('know of seeds once, tokens of each other, and deleted accounts at once here and within five seconds elsewhere', async () => {
    const worlds = await startInstances({}, 2)
    const [here, there] = worlds
    if (here === undefined || there === undefined) throw new Error('They did not start')
    const token = await here.token()
    expect((await call(here, token)).status).toBe(200)
    expect((await call(there, token)).status).toBe(200)
    const deleted = await rawRequest(`${here.url}/v1/connect/proj_1/accounts/apn_1`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}`, 'x-pd-environment': 'development' },
    })
    expect(deleted.status).toBe(204)
    expect((await call(here, token)).status).toBe(404)
    expectWithin(await timeUntilAnswered(there, token, 404), 5_000)
  })

  it('use nothing that one of them rotated or deleted, at once there and within five seconds elsewhere, without any message', async () => {
    // What this user publishes or subscribes to is refused, as if every message were lost.
    await redis.run('acl', 'setuser', 'silent', 'on', '>word', '~*', 'resetchannels', '+@all')
    const storage = { kind: 'redis', url: redis.url.replace('redis://', 'redis://silent:word@') }
    const [here, there] = await startInstances({ storage }, 2)
    if (here === undefined || there === undefined) throw new Error('They did not start')
    const token = await here.token()
    const keyUsed = async (world: World): Promise<string | undefined> => {
      expect((await call(world, token)).status).toBe(200)
      return upstream.requests.at(-1)?.values('x-api-key')[0]
    }
    expect([await keyUsed(here), await keyUsed(there)]).toEqual([apiKey, apiKey])
    const headers = { authorization: `Bearer ${token}`, 'x-pd-environment': 'development' }
    const rotated = await rawRequest(`${here.url}/v1/connect/proj_1/accounts?external_user_id=u1`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ app_slug: 'acme', account_id: 'apn_1', cfmap_json: '{"api_key":"rotated"}' }),
    })
    expect(rotated.status).toBe(200)
    expect(await keyUsed(here)).toBe('rotated')
    expectWithin(await timeUntil(async () => (await keyUsed(there)) === 'rotated'), 5_000)
    await rawRequest(`${here.url}/v1/connect/proj_1/accounts/apn_1`, { method: 'DELETE', headers })
    expect((await call(here, token)).status).toBe(404)
    expectWithin(await timeUntilAnswered(there, token, 404), 5_000)
  })

  it('refuse a revoked token everywhere within five seconds', async () => {
    const worlds = await startInstances({}, 2)
    const [here, there] = worlds
    if (here === undefined || there === undefined) throw new Error('They did not start')
    const [token, other] = [await here.token(), await here.token()]
    expect((await call(there, token)).status).toBe(200)
    const revoked = await rawRequest(`${here.url}/v1/oauth/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token, client_id: 'main', client_secret: 'secret-of-the-client-1f8a' }).toString(),
    })
    expect(revoked.status).toBe(200)
    expect((await call(here, token)).status).toBe(401)
    expectWithin(await timeUntilAnswered(there, token, 401), 5_000)
    expect((await call(there, other)).status).toBe(200)
  })
})

describe('one server with several processes', () => {
  it('counts one limit in Redis, and each process reads there', async () => {
    const [world] = await Promise.all([
      startWorld({
        upstreamPort: upstream.port,
        environment: { WORKERS: '2' },
        config: {
          storage: { kind: 'redis', url: redis.url },
          rateLimiter: { kind: 'redis', timeout: '5s' },
          encryption: { keys: [randomBytes(32).toString('base64')] },
          limits: { project: { requests: 20, window: '60s' } },
        },
      }),
    ])
    const token = await world.token()
    const answers = await Promise.all(Array.from({ length: 60 }, () => call(world, token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20)
    expect(await redis.run('exists', 'api-proxy:{r/proj_1}:7:project6:proj_1')).toBe(1)
  })
})
