import { randomBytes } from 'node:crypto'
import { deferred, json, rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { type RedisServer, startRedis } from '@proxy/test-support/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startWorld, type World } from '../server/world.js'

const instances = 4
const callersEach = 1_000

let upstream: Upstream
let redis: RedisServer
beforeEach(async () => {
  upstream = await startUpstream()
  redis = await startRedis()
})
afterEach(async () => {
  await upstream.stop()
  await redis.stop()
})

/** Instances that share Redis and keys, and nothing else. */
async function startInstances(): Promise<readonly World[]> {
  const host = `127.0.0.1:${upstream.port}`
  const key = () => randomBytes(32).toString('base64')
  const config = {
    // All callers go on at the same moment, and none of them shall wait for a connection.
    limits: { project: { requests: 100_000, window: '60s' }, connectionsPerOrigin: callersEach },
    storage: { kind: 'redis', url: redis.url },
    encryption: { keys: [key()] },
    tokens: { signingKeys: [key()] },
    apps: [
      {
        name_slug: 'acme',
        name: 'Acme',
        auth_type: 'oauth',
        connect: { base_proxy_target_url: `http://${host}` },
        auth: [{ kind: 'bearer' }],
        oauth: {
          token_url: `http://${host}/token`,
          client_id: 'client-1',
          client_secret: 'secret-1',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration reads it from the environment.
          token_headers: { 'x-instance': '${INSTANCE}' },
        },
      },
    ],
    accounts: [
      {
        project: 'proj_1',
        environment: 'development',
        id: 'apn_1',
        external_user_id: 'u1',
        app: 'acme',
        credentials: {
          oauth_access_token: 'access-1',
          oauth_refresh_token: 'refresh-1',
          expires_at: '2026-01-01T00:00:00Z',
        },
      },
    ],
  }
  return await Promise.all(
    Array.from({ length: instances }, (_, instance) =>
      startWorld({
        upstreamPort: upstream.port,
        environment: { WORKERS: '1', INSTANCE: String(instance) },
        config,
      }),
    ),
  )
}

/** How many answers there were of each kind. */
async function callAll(worlds: readonly World[]): Promise<Map<string, number>> {
  const token = (await worlds[0]?.token()) ?? ''
  const answers = await Promise.all(
    worlds.flatMap((world) => {
      const { url, headers } = world.call('/api', token)
      return Array.from({ length: callersEach }, () => rawRequest(url, { headers }))
    }),
  )
  const counts = new Map<string, number>()
  for (const answer of answers) {
    const name = `${answer.status} ${answer.text()}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

describe('four instances on one Redis, with 1,000 callers each', () => {
  it('spend a refresh token once, also when the one that does it is stopped for 15 s', {
    timeout: 90_000,
  }, async () => {
    const heldBy = deferred<number>()
    const answered = deferred()
    let current = 'refresh-1'
    upstream.answer('/token', async (response, request) => {
      const isValid = new URLSearchParams(request.body.toString()).get('refresh_token') === current
      current = 'refresh-2'
      heldBy.resolve(Number(request.values('x-instance')[0]))
      await answered.promise
      const tokens = { access_token: 'access-2', refresh_token: current, expires_in: 3600 }
      await (isValid ? json(tokens) : json({ error: 'invalid_grant' }, {}, 400))(response, request)
    })
    upstream.answer('/api', (response, request) => json(request.values('authorization')[0])(response, request))
    const worlds = await startInstances()
    const calls = callAll(worlds)
    const holder = worlds[await heldBy.promise]?.server.child
    if (holder === undefined) throw new Error('Nobody asked.')
    holder.kill('SIGSTOP')
    answered.resolve()
    await new Promise((resolve) => setTimeout(resolve, 15_000)) // What is shown is that nobody takes over in this time.
    holder.kill('SIGCONT')
    // The stopped one may find its store too late for its own callers; they are told to try again.
    const outcomes = await calls
    const served = outcomes.get('200 "Bearer access-2"') ?? 0
    const retried = [...outcomes].filter(([outcome]) => outcome.includes('"code":"credential_store_unavailable"'))
    expect(served).toBeGreaterThanOrEqual((instances - 1) * callersEach)
    expect(served + retried.reduce((sum, [, count]) => sum + count, 0)).toBe(instances * callersEach)
    expect(upstream.requests.filter(({ url }) => url === '/token')).toHaveLength(1)
  })
})
