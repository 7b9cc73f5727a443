import { setTimeout as pause } from 'node:timers/promises'
import { sampleAccount } from '@proxy/conformance'
import type { Account, RateLimiter, Scope } from '@proxy/core'
import { memoryRateLimiter } from '@proxy/storage-memory'
import { type RedisClient, redisLeaseStore, redisRateLimiter, redisStorage } from '@proxy/storage-redis'
import { type RedisServer, startCluster, startRedis, startSentinel } from '@proxy/test-support/redis'
import calculateSlot from 'cluster-key-slot'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expectWithin } from './bounds.js'
import { connected, sealer } from './set-ups.js'

const scope: Scope = { project: 'proj_failover', environment: 'development' }

interface Writing {
  /** Accounts whose write was acknowledged. */
  readonly acknowledged: readonly Account[]
  /** Resolves when a write is acknowledged that began after the call. */
  next(): Promise<void>
  stop(): Promise<void>
}

/** Makes accounts one after the other, whatever fails. */
function keepWriting(client: RedisClient): Writing {
  const storage = redisStorage({ client, sealer, replicas: 1 })
  const acknowledged: Account[] = []
  let isStopping = false
  let begun = 0
  const loop = (async () => {
    while (!isStopping) {
      begun += 1
      const id = `apn_${begun}`
      const stored = await storage.writeAccount(sampleAccount({ ...scope, id, name: id }), 0).catch(() => undefined)
      if (stored === undefined) await pause(10)
      else acknowledged.push(stored)
    }
  })()
  return {
    acknowledged,
    async next() {
      const after = `apn_${begun}`
      while (
        acknowledged.at(-1)?.id === after ||
        Number(acknowledged.at(-1)?.id.slice(4) ?? 0) <= Number(after.slice(4))
      ) {
        await pause(5)
      }
    },
    async stop() {
      isStopping = true
      await loop
      await storage.close()
    },
  }
}

/** Calls the limiter all the time; it must always decide. */
function keepCounting(client: RedisClient): { stop(): Promise<number> } {
  const limiter: RateLimiter & { close(): void } = redisRateLimiter({ client, fallback: memoryRateLimiter() })
  let isStopping = false
  let decided = 0
  const loop = (async () => {
    while (!isStopping) {
      await limiter.consume([{ key: 'all the time', limit: 1_000_000, windowMs: 60_000 }])
      decided += 1
      await pause(5)
    }
  })()
  return {
    async stop() {
      isStopping = true
      await loop
      limiter.close()
      return decided
    },
  }
}

async function lost(client: RedisClient, acknowledged: readonly Account[]): Promise<readonly string[]> {
  const storage = redisStorage({ client, sealer, timeoutMs: 10_000 })
  const found = await Promise.all(acknowledged.map(({ id }) => storage.readAccount(scope, id)))
  await storage.close()
  return acknowledged.filter((_, nth) => found[nth] === undefined).map(({ id }) => id)
}

describe('a failover', () => {
  it('by Sentinel loses no acknowledged write, and is followed within two seconds', async () => {
    const set = await startSentinel()
    onTestFinished(() => set.stop())
    const client = await connected({ sentinel: { master: set.name, servers: set.sentinels } })
    onTestFinished(() => client.disconnect())
    const writing = keepWriting(client)
    const counting = keepCounting(client)
    await writing.next()
    const [master, replica] = set.servers
    await master.signal('SIGKILL')
    while ((await set.masterPort()) !== replica.port) await pause(20)
    const promotedAt = performance.now()
    await writing.next()
    expectWithin(performance.now() - promotedAt, 2_000)
    await writing.stop()
    expect(await counting.stop()).toBeGreaterThan(0)
    expect(writing.acknowledged.length).toBeGreaterThan(2)
    expect(await lost(client, writing.acknowledged)).toEqual([])
  })

  it('in a cluster loses no acknowledged write, and is followed within two seconds', async () => {
    const cluster = await startCluster()
    onTestFinished(() => cluster.stop())
    const client = await connected({ cluster: { servers: cluster.servers } })
    onTestFinished(() => client.disconnect())
    const writing = keepWriting(client)
    const counting = keepCounting(client)
    await writing.next()
    const slot = calculateSlot('api-proxy:{a/proj_failover/development}:account')
    const [master, replica] = await holdersOf(slot, cluster.servers)
    await master.signal('SIGKILL')
    while (!String(await replica.run('role')).startsWith('master')) await pause(20)
    const promotedAt = performance.now()
    await writing.next()
    expectWithin(performance.now() - promotedAt, 2_000)
    await writing.stop()
    expect(await counting.stop()).toBeGreaterThan(0)
    expect(await lost(client, writing.acknowledged)).toEqual([])
  })
})

describe('a write that a replica has to have', () => {
  it('is not acknowledged while a replica that was just there does not have it, and is once it has', async () => {
    const master = await startRedis()
    const replica = await startRedis({ config: [`replicaof 127.0.0.1 ${master.port}`] })
    onTestFinished(async () => {
      await master.stop()
      await replica.stop()
    })
    while (!String(await replica.run('info', 'replication')).includes('master_link_status:up')) await pause(20)
    const client = new Redis(master.url)
    onTestFinished(() => client.disconnect())
    const storage = redisStorage({ client, sealer, replicas: 1 })
    onTestFinished(() => storage.close())
    const account = sampleAccount({ ...scope, id: 'apn_1' })
    await replica.signal('SIGSTOP')
    const first = storage.writeAccount(account, 0)
    await replica.signal('SIGCONT')
    expect(await first).toBeDefined()
    await replica.signal('SIGKILL')
    expect(await storage.writeAccount({ ...account, name: 'alone' }, 1)).toMatchObject({ name: 'alone' })
  })

  it('lets leases be had, renewed and given up', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const client = new Redis(server.url)
    onTestFinished(() => client.disconnect())
    const leases = redisLeaseStore({ client, replicas: 1 })
    onTestFinished(() => leases.close())
    const lease = await leases.acquire('alone', 1_000)
    expect(await lease?.renew()).toBe(true)
    await lease?.release()
    expect(await leases.acquire('alone', 1_000)).toBeDefined()
  })
})

/** The servers that have a slot: its master and a replica of that. */
async function holdersOf(slot: number, servers: readonly RedisServer[]): Promise<[RedisServer, RedisServer]> {
  const nodes = String(await servers[0]?.run('cluster', 'nodes'))
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  const has = (range: string): boolean => {
    const [first, last] = range.split('-').map(Number)
    return first !== undefined && last !== undefined && first <= slot && slot <= last
  }
  const holder = nodes.find((fields) => fields.slice(8).some(has))
  const follower = nodes.find(([, , , masterId]) => masterId === holder?.[0])
  const [master, replica] = [holder, follower].map((fields) =>
    servers.find(({ port }) => fields?.[1]?.startsWith(`127.0.0.1:${port}@`)),
  )
  if (master === undefined || replica === undefined) throw new Error('Nobody holds the slot')
  return [master, replica]
}
