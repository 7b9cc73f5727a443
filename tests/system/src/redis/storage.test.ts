import { sampleAccount } from '@proxy/conformance'
import { type Account, createKeyRing, createSealer, type Scope } from '@proxy/core'
import { type RedisStorage, type RedisStorageOptions, redisStorage } from '@proxy/storage-redis'
import { type RedisServer, startRedis } from '@proxy/test-support/redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { patience, sealer } from './set-ups.js'

let server: RedisServer
let client: Redis
let storage: RedisStorage
let refused: string[]

beforeAll(async () => {
  server = await startRedis()
  client = new Redis(server.url)
})
afterAll(async () => {
  client.disconnect()
  await server.stop()
})
beforeEach(async () => {
  await client.flushall()
  refused = []
  storage = storageOn(client)
})
afterEach(() => storage.close())

function storageOn(on: Redis, options: Partial<RedisStorageOptions> = {}): RedisStorage {
  return redisStorage({
    client: on,
    sealer,
    ...patience,
    onRefusal: (error) => refused.push(error.message),
    ...options,
  })
}

async function create(account: Account = sampleAccount()): Promise<Account> {
  const stored = await storage.writeAccount(account, 0)
  if (stored === undefined) throw new Error('The account was not created')
  return stored
}

const accountKey = 'api-proxy:{a/proj_sample/development}:account:apn_sample1'

describe('what is in Redis', () => {
  it('shows no credential, in any key', async () => {
    await create(sampleAccount({ values: { credentials: { token: 'secret-of-the-account' } } }))
    const texts: string[] = []
    for (const key of await client.keys('*')) {
      const type = await client.type(key)
      if (type === 'hash') texts.push(JSON.stringify(await client.hgetall(key)))
      if (type === 'zset') texts.push(JSON.stringify(await client.zrange(key, '0', '-1')))
      if (type === 'string') texts.push((await client.get(key)) ?? '')
    }
    expect(texts.join()).toContain('apn_sample1')
    expect(texts.join()).not.toContain('secret-of-the-account')
    await storage.writeDocument({ kind: 'plain', id: 'a', value: 'secret-of-the-account' }, 0)
    expect(JSON.stringify(await client.hgetall('api-proxy:{d/plain}:document:a'))).toContain('secret-of-the-account')
  })

  it('may be plain only when that is asked for', async () => {
    expect(() => redisStorage({ client })).toThrow('encryption key')
    const plain = redisStorage({ client, plaintext: true, prefix: 'plain:' })
    await plain.writeAccount(sampleAccount(), 0)
    const again = redisStorage({ client, plaintext: true, prefix: 'plain:' })
    expect((await again.readAccount(sampleAccount(), 'apn_sample1'))?.values.reveal().customFields).toEqual({
      api_key: 'key of apn_sample1',
    })
    await plain.close()
    await again.close()
  })

  it('stays when the host goes on with its client after close', async () => {
    const account = await create()
    await storage.close()
    expect(await client.ping()).toBe('PONG')
    expect(await storageOn(client).readAccount(account, account.id)).toBeDefined()
  })

  it('has nothing left of deleted accounts but marks that end, nor of documents', async () => {
    for (let nth = 0; nth < 20; nth += 1) {
      const account = await create(sampleAccount({ id: `apn_${nth}`, externalUserId: `u${nth % 3}`, oauthAppId: 'oa' }))
      await storage.writeAccount({ ...account, externalId: `moved-${nth}`, oauthAppId: undefined }, 1)
      await storage.deleteAccount(account, account.id)
      await storage.writeDocument({ kind: 'k', id: `d${nth}`, value: nth }, 0)
      await storage.deleteDocument('k', `d${nth}`)
    }
    const left = (await client.keys('*')).filter((key) => !key.endsWith(':log'))
    expect(left).toHaveLength(20)
    for (const key of left) expect(await client.ttl(key)).toBeGreaterThan(29 * 24 * 3_600)
  })

  it('loses documents that have ended, in the lists, too', async () => {
    const now = Date.now()
    for (let nth = 0; nth < 50; nth += 1) {
      await storage.writeDocument({ kind: 'ended', id: `d${nth}`, value: nth, expiresAt: now - 1 }, 0)
    }
    expect(await client.zcard('api-proxy:{d/ended}:ids')).toBeLessThan(10)
    for (const key of await client.keys('*:document:*')) {
      expect(await client.pttl(key)).toBeGreaterThan(0)
      expect(await client.pttl(key)).toBeLessThanOrEqual(60_000)
    }
  })
})

describe('a write whose answer was lost', () => {
  it('is stored once and answered alike when it comes again', async () => {
    const account = await create()
    const again = await lastScript(client, () => storage.writeAccount({ ...account, name: 'second' }, 1))
    expect(await again()).toBe(1)
    expect(await storage.readAccount(account, account.id)).toMatchObject({ version: 2, name: 'second' })
    const deletion = await lastScript(client, () => storage.deleteAccount(account, account.id))
    expect(await deletion()).toBe(1)
    expect(await storage.deleteAccount(account, account.id)).toBe(false)
    expect(await again()).toBe(0)
  })
})

describe('a record that is not what it should be', () => {
  const broken: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['text in its place', async () => client.set(accountKey, 'x')],
    ['a hash of somebody else', async () => client.hset(accountKey, { version: '1', record: 'x' })],
    ['a record that is no JSON', async () => client.hset(accountKey, { record: '{"' })],
    ['a record of another version', async () => client.hset(accountKey, { version: '7' })],
    ['a record that was changed', async () => changeRecord((text) => text.replace('"dead":false', '"dead":"no"'))],
    ['a credential that was changed', async () => changeRecord((text) => text.replace(/"sealed":"A./, '"sealed":"AA'))],
    ['the record of another account', async () => moveRecord(sampleAccount({ id: 'apn_2' }))],
    ['the record of another project', async () => moveRecord(sampleAccount({ project: 'proj_2' }))],
    [
      'a credential that is not sealed',
      async () => changeRecord((text) => text.replace(/"sealed":"[^"]+"/, '"values":{}')),
    ],
  ]

  it.each(broken)('is refused by name, shown nowhere, and left as it is: %s', async (_, breakIt) => {
    const account = await create()
    await create(sampleAccount({ id: 'apn_3' }))
    if ((await breakIt()) === undefined) throw new Error('It was not broken')
    const before = await dump(accountKey)
    const reading = storage.readAccount(account, account.id)
    await expect(reading).rejects.toMatchObject({ name: 'RecordError' })
    await expect(reading).rejects.toThrow('"apn_sample1" of project "proj_sample"')
    await expect(storage.listAccounts({ scope: account, limit: 10 })).rejects.toThrow('"apn_sample1"')
    expect(refused.length).toBeGreaterThanOrEqual(2)
    expect(refused.join()).not.toContain('key of')
    expect(await dump(accountKey)).toEqual(before)
    expect(await storage.readAccount(account, 'apn_3')).toBeDefined()
  })

  it('is not overwritten by an account that is made', async () => {
    await client.hset(accountKey, { foreign: 'field' })
    await expect(storage.writeAccount(sampleAccount(), 0)).rejects.toThrow('"apn_sample1"')
    expect(await client.hgetall(accountKey)).toEqual({ foreign: 'field' })
    await client.del(accountKey)
    expect(await storage.writeAccount(sampleAccount(), 0)).toBeDefined()
  })

  it('can be deleted by who says so', async () => {
    const account = await create()
    await client.hset(accountKey, { record: 'damaged' })
    expect(await storage.deleteAccount(account, account.id)).toBe(true)
    expect(await storage.listAccounts({ scope: account, limit: 10 })).toMatchObject({ rows: [], totalCount: 0 })
  })

  it('is refused among documents, too', async () => {
    await storage.writeDocument({ kind: 'k', id: 'a', value: 1 }, 0)
    await storage.writeDocument({ kind: 'k', id: 'b', value: 2 }, 0)
    await client.hset('api-proxy:{d/k}:document:a', {
      record: JSON.stringify({ format: 1, kind: 'k', id: 'b', value: 2 }),
    })
    await expect(storage.readDocument('k', 'a')).rejects.toThrow('"a" of kind "k"')
    await expect(storage.listDocuments('k', '')).rejects.toThrow('"a" of kind "k"')
    expect(await storage.readDocument('k', 'b')).toMatchObject({ value: 2 })
    await client.set('api-proxy:{d/k}:document:c', 'text')
    await expect(storage.readDocument('k', 'c')).rejects.toThrow('"c" of kind "k"')
    await expect(storage.writeDocument({ kind: 'k', id: 'c', value: 1 }, undefined)).rejects.toThrow('"c" of kind "k"')
    expect(refused).toHaveLength(4)
  })

  it('is one that is sealed with a key that is not given', async () => {
    const account = await create()
    const otherKeys = createSealer(createKeyRing([Buffer.alloc(32, 8).toString('base64')]))
    const stranger = storageOn(client, { sealer: otherKeys })
    await expect(stranger.readAccount(account, account.id)).rejects.toThrow('which is not given')
    await stranger.close()
  })
})

describe('a text that is not well-formed', () => {
  it('is refused where it would be taken for another', async () => {
    const halves = ['\ud800', '\udc00'] as const
    for (const half of halves) {
      await expect(storage.writeAccount(sampleAccount({ externalUserId: half }), 0)).rejects.toMatchObject({
        code: 'invalid_request',
      })
      await expect(storage.writeDocument({ kind: 'k', id: half, value: 1 }, 0)).rejects.toMatchObject({
        code: 'invalid_request',
      })
      expect(await storage.readAccount(scopeOf(half), half)).toBeUndefined()
    }
    expect(await storage.writeAccount(sampleAccount({ externalUserId: '\ud83d\ude00' }), 0)).toBeDefined()
  })
})

describe('a user of Redis with no more rights than the manual gives', () => {
  const rights =
    '~api-proxy:* resetchannels &api-proxy:* -@all +@read +@write +@scripting +@connection +publish +subscribe +wait +info +time'

  it('does all that is needed', async () => {
    await client.call('ACL', 'SETUSER', 'limited', 'on', '>word', 'resetkeys', ...rights.split(' '))
    const limited = new Redis(server.url, { username: 'limited', password: 'word' })
    onTestFinished(() => limited.disconnect())
    const own = storageOn(limited)
    const heard: unknown[] = []
    own.subscribe((change) => heard.push(change))
    await own.check()
    const account = await own.writeAccount(sampleAccount(), 0)
    expect(account).toBeDefined()
    expect(await own.listAccounts({ scope: sampleAccount(), externalUserId: 'user-1', limit: 1 })).toMatchObject({
      totalCount: 1,
    })
    expect(await own.listUsers({ scope: sampleAccount(), search: 'user', limit: 1 })).toMatchObject({ totalCount: 1 })
    await own.writeDocument({ kind: 'k', id: 'a', value: 1, expiresAt: Date.now() + 1_000 }, 0)
    expect(await own.deleteAccount(sampleAccount(), 'apn_sample1')).toBe(true)
    await own.close()
  })
})

function scopeOf(project: string): Scope {
  return { project, environment: 'development' }
}

async function changeRecord(change: (text: string) => string): Promise<unknown> {
  const before = (await client.hget(accountKey, 'record')) ?? ''
  const after = change(before)
  return after === before ? undefined : await client.hset(accountKey, { record: after })
}

/** Puts the record of another account where that of the sample is. */
async function moveRecord(other: Account): Promise<unknown> {
  await create(other)
  const key = accountKey.replace('proj_sample', other.project).replace('apn_sample1', other.id)
  return await client.hset(accountKey, { record: (await client.hget(key, 'record')) ?? '' })
}

async function dump(key: string): Promise<unknown> {
  return (await client.dumpBuffer(key))?.toString('hex')
}

/** Runs `act`, and gives what runs its script once more, with the very same arguments. */
async function lastScript(on: Redis, act: () => Promise<unknown>): Promise<() => Promise<unknown>> {
  const monitor = await on.monitor()
  let last: string[] = []
  const seen = new Promise<void>((resolve) => {
    monitor.on('monitor', (_: string, args: string[], source: string) => {
      if (source === 'lua' || !/^eval(sha)?$/i.test(args[0] ?? '')) return
      last = args
      resolve()
    })
  })
  await act()
  await seen
  monitor.disconnect()
  return () => on.call(last[0] ?? '', ...last.slice(1))
}
