import { randomBytes } from 'node:crypto'
import { Nango } from '@nangohq/node'
import { type RunningServer, startServer, startUpstream, type Upstream } from '@proxy/test-support'
import { type RedisServer, startRedis } from '@proxy/test-support/redis'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { versions } from './clients/versions.js'
import { accounts, configuration, secrets, user } from './world/configuration.js'
import { type RoundRobin, startRoundRobin } from './world/round-robin.js'

const instances = 4

let upstream: Upstream
let redis: RedisServer
let servers: readonly RunningServer[]
let front: RoundRobin

beforeAll(async () => {
  upstream = await startUpstream()
  redis = await startRedis()
  const key = (): string => randomBytes(32).toString('base64')
  const config = {
    ...configuration(upstream.port),
    server: { publicUrl: 'http://proxy.test' },
    storage: { kind: 'redis', url: redis.url },
    rateLimiter: { kind: 'redis', instances },
    encryption: { keys: [key()] },
    tokens: { signingKeys: [key()] },
  }
  servers = await Promise.all(Array.from({ length: instances }, () => startServer({ config })))
  front = await startRoundRobin(servers.map(({ url }) => url))
  return async () => {
    await front.stop()
    await Promise.all(servers.map((server) => server.stop()))
    await redis.stop()
    await upstream.stop()
  }
})

afterEach(() => upstream.forget())

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

describe.each(versions)('four servers in turn are one for the official client $name', (version) => {
  const client = () => version.connect({ url: front.url })

  it('that calls with the token of one', async () => {
    const caller = client()
    const call = { externalUserId: user, accountId: accounts.acme, url: '/in-turn' }
    await caller.proxy.get(call)
    const before = [...front.counts]
    for (let nth = 1; nth < 3 * instances; nth += 1) await caller.proxy.get(call)
    expect(front.counts.filter((count, nth) => count > (before[nth] ?? 0))).toHaveLength(instances)
    expect(upstream.requests.map((request) => request.values('x-api-key'))).toEqual(
      Array.from({ length: 3 * instances }, () => [secrets.acmeKey]),
    )
  })

  it('that makes an account, uses it, lists it page by page and deletes it', async () => {
    const caller = client()
    const { token } = await caller.tokens.create({ externalUserId: 'user-in-turn' })
    const made = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        caller.accounts.create({
          externalUserId: 'user-in-turn',
          appSlug: 'acme',
          cfmapJson: JSON.stringify({ api_key: `key-in-turn-${name}` }),
          connectToken: token,
          name,
        }),
      ),
    )
    for (const { id } of made) {
      for (let nth = 0; nth < instances; nth += 1) {
        await caller.proxy.get({ externalUserId: 'user-in-turn', accountId: id, url: '/made' })
      }
    }
    expect(new Set(upstream.requests.map((request) => request.values('x-api-key')[0]))).toEqual(
      new Set(['key-in-turn-a', 'key-in-turn-b', 'key-in-turn-c']),
    )
    const listed = await collect(await caller.accounts.list({ externalUserId: 'user-in-turn', limit: 1 }))
    expect(listed.map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort())
    for (const { id } of made) await caller.accounts.delete(id)
    expect(await collect(await caller.accounts.list({ externalUserId: 'user-in-turn' }))).toEqual([])
  })
})

describe('four servers in turn are one for the official client of Nango', () => {
  it('that calls and reads a connection', async () => {
    const nango = new Nango({ host: front.url, secretKey: secrets.staticKey })
    const connection = { providerConfigKey: 'acme', connectionId: accounts.acme }
    for (let nth = 0; nth < 2 * instances; nth += 1) {
      const answer = await nango.proxy({ ...connection, method: 'GET', endpoint: '/in-turn' })
      expect(answer.status).toBe(200)
      expect(await nango.getConnection('acme', accounts.acme)).toMatchObject({ connection_id: accounts.acme })
    }
    expect(upstream.requests).toHaveLength(2 * instances)
  })
})
