import { setTimeout as pause } from 'node:timers/promises'
import { manualClock, sampleAccount } from '@proxy/conformance'
import { type ChangedRecord, type Clock, cached, type Storage, systemClock } from '@proxy/core'
import { type RedisClient, type RedisStorage, redisStorage } from '@proxy/storage-redis'
import { type RedisServer, startRedis } from '@proxy/test-support/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { expectWithin, timeUntil } from './bounds.js'
import { connected, patience, type SetUp, sealer, setUps } from './set-ups.js'

const account = sampleAccount()
const clock = systemClock()

/** What the contract allows for changes whose message was lost. */
const boundMs = 5_000

interface Instance {
  readonly storage: Storage
  readonly bare: RedisStorage
  readonly heard: ChangedRecord[]
}

/** An instance with a memory so long that only word of a change makes it read again. */
function instanceOn(
  client: RedisClient,
  readTimeoutMs = patience.readTimeoutMs,
  feedClock: Clock = systemClock(),
): Instance {
  const bare = redisStorage({ client, sealer, ...patience, readTimeoutMs, clock: feedClock })
  const heard: ChangedRecord[] = []
  const storage = cached(bare, {
    clock,
    ttlMs: 3_600_000,
    negativeTtlMs: 3_600_000,
    subscribe(listener) {
      bare.subscribe((change) => heard.push(change))
      return bare.subscribe(listener)
    },
  })
  onTestFinished(() => storage.close())
  return { storage, bare, heard }
}

async function nameIn({ storage }: Instance): Promise<string | undefined> {
  return (await storage.readAccount(account, account.id))?.name
}

/** Until messages reach both: before, changes are seen by the count alone. */
async function whenListening(from: Instance, ...to: readonly Instance[]): Promise<void> {
  await timeUntil(async () => {
    await from.storage.writeDocument({ kind: 'knock', id: 'a', value: 1 }, undefined)
    await pause(20)
    return to.every(({ heard }) => heard.some((change) => change.type === 'document' && change.kind === 'knock'))
  })
}

describe.each(setUps)('on %s, a change that one instance makes', (_, start) => {
  let setUp: SetUp
  beforeAll(async () => {
    setUp = await start()
  })
  afterAll(() => setUp.stop())

  it('is seen by the other one at once, and by itself', async () => {
    const [first, second] = [await connected(setUp.settings), await connected(setUp.settings)]
    onTestFinished(() => {
      first.disconnect()
      second.disconnect()
    })
    const [here, there] = [instanceOn(first), instanceOn(second)]
    await here.storage.writeAccount({ ...account, name: 'first' }, 0)
    expect(await nameIn(there)).toBe('first')
    await whenListening(here, there)
    const stored = await here.storage.readAccount(account, account.id)
    if (stored === undefined) throw new Error('The account is gone')
    await here.storage.writeAccount({ ...stored, name: 'second' }, 1)
    expect(await nameIn(here)).toBe('second')
    expectWithin(await timeUntil(async () => (await nameIn(there)) === 'second'), 1_000)
    await there.storage.deleteAccount(account, account.id)
    expect(await nameIn(there)).toBeUndefined()
    expectWithin(await timeUntil(async () => (await nameIn(here)) === undefined), 1_000)
    expect(there.heard).toContainEqual({
      type: 'account',
      scope: { project: account.project, environment: account.environment },
      id: account.id,
      names: { app: account.app, externalId: account.externalId },
    })
  })
})

/** How often the logs of changes, among others, were read. */
async function readsOfLogs(server: RedisServer): Promise<number> {
  const text = String(await server.run('info', 'commandstats'))
  return Number(/cmdstat_hmget:calls=(\d+)/.exec(text)?.[1] ?? 0)
}

describe('a change of which no message comes', () => {
  let server: RedisServer
  let client: Redis
  let silent: Redis
  beforeAll(async () => {
    server = await startRedis()
    client = new Redis(server.url)
    // What this user publishes is refused, as if every message were lost.
    await client.call('ACL', 'SETUSER', 'silent', 'on', '>word', '~*', 'resetchannels', '+@all')
    silent = new Redis(server.url, { username: 'silent', password: 'word' })
  })
  afterAll(async () => {
    client.disconnect()
    silent.disconnect()
    await server.stop()
  })
  beforeEach(async () => {
    await client.flushall()
  })

  it('is seen within five seconds, be it of an account that was there or was not', async () => {
    const [here, there] = [instanceOn(silent), instanceOn(client)]
    await here.storage.writeAccount({ ...account, name: 'first' }, 0)
    expect(await nameIn(there)).toBe('first')
    expect(await there.storage.readAccount(account, 'apn_other')).toBeUndefined()
    expect(await there.storage.readDocument('revoked-token', 'token')).toBeUndefined()
    const stored = await here.storage.readAccount(account, account.id)
    if (stored === undefined) throw new Error('The account is gone')
    await here.storage.writeAccount({ ...stored, name: 'rotated' }, 1)
    await here.storage.writeAccount(sampleAccount({ id: 'apn_other' }), 0)
    await here.storage.writeDocument({ kind: 'revoked-token', id: 'token', value: true }, 0)
    expectWithin(await timeUntil(async () => (await nameIn(there)) === 'rotated'), boundMs)
    expect(await there.storage.readAccount(account, 'apn_other')).toBeDefined()
    expect(await there.storage.readDocument('revoked-token', 'token')).toBeDefined()
    await here.storage.deleteAccount(account, account.id)
    expectWithin(await timeUntil(async () => (await nameIn(there)) === undefined), boundMs)
    expect(there.heard.filter(({ type }) => type === 'all').length).toBeGreaterThan(0)
    expect(there.heard.filter(({ type }) => type === 'account')).toEqual([])
  })

  it('does not make anybody forget what did not change while messages do come', async () => {
    const other = new Redis(server.url)
    onTestFinished(() => other.disconnect())
    const feedClock = manualClock()
    const [here, there] = [instanceOn(other), instanceOn(client, patience.readTimeoutMs, feedClock)]
    await here.storage.writeAccount({ ...account, name: 'first' }, 0)
    await nameIn(there)
    await whenListening(here, there)
    for (let nth = 0; nth < 20; nth += 1) {
      await here.storage.writeAccount(sampleAccount({ id: `apn_${nth}` }), 0)
      await timeUntil(() => there.heard.some((change) => change.type === 'account' && change.id === `apn_${nth}`))
      const polls = await readsOfLogs(server)
      feedClock.advance(boundMs)
      await timeUntil(async () => (await readsOfLogs(server)) > polls)
    }
    expect(there.heard.filter(({ type }) => type !== 'account' && type !== 'document')).toEqual([])
  })
})

describe('a Redis that', () => {
  let server: RedisServer
  let client: Redis
  beforeEach(async () => {
    server = await startRedis()
    client = new Redis(server.url, { retryStrategy: () => 50 })
    client.on('error', () => undefined)
    return async () => {
      client.disconnect()
      await server.stop()
    }
  })

  it('starts again empty makes instances forget', async () => {
    const here = instanceOn(client)
    await here.storage.writeAccount({ ...account, name: 'first' }, 0)
    expect(await nameIn(here)).toBe('first')
    await server.signal('SIGKILL')
    await server.start()
    expectWithin(await timeUntil(async () => (await nameIn(here)) === undefined), boundMs)
  })

  it('is away leaves instances with what they know, in doubt, and is asked again when it is back', async () => {
    const here = instanceOn(client, 40)
    await whenListening(here, here)
    await here.storage.writeAccount({ ...account, name: 'first' }, 0)
    await timeUntil(() => here.heard.some((change) => change.type === 'account'))
    expect(await nameIn(here)).toBe('first')
    await server.signal('SIGSTOP')
    await timeUntil(async () => here.heard.some(({ type }) => type === 'doubt'))
    expect(await nameIn(here)).toBe('first')
    await server.signal('SIGCONT')
    const stranger = new Redis(server.url)
    onTestFinished(() => stranger.disconnect())
    const there = instanceOn(stranger)
    const stored = await there.storage.readAccount(account, account.id)
    if (stored === undefined) throw new Error('The account is gone')
    await there.storage.writeAccount({ ...stored, name: 'second' }, 1)
    expectWithin(await timeUntil(async () => (await nameIn(here)) === 'second'), boundMs)
  })

  it('is away from the start makes reads fail, and serves as soon as it comes', async () => {
    await server.signal('SIGKILL')
    const late = new Redis(server.url, { retryStrategy: () => 50 })
    late.on('error', () => undefined)
    onTestFinished(() => late.disconnect())
    const here = redisStorage({ client: late, sealer, timeoutMs: 300 })
    onTestFinished(() => here.close())
    await expect(here.readAccount(account, account.id)).rejects.toMatchObject({
      code: 'credential_store_unavailable',
      retryAfterSeconds: 1,
    })
    await expect(here.check()).rejects.toMatchObject({ code: 'credential_store_unavailable' })
    await server.start()
    const isWell = (): Promise<boolean> =>
      here.check().then(
        () => true,
        () => false,
      )
    expectWithin(await timeUntil(isWell), 2_000)
    expect(await here.readAccount(account, account.id)).toBeUndefined()
  })
})
