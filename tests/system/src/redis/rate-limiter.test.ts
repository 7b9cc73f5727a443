import { setTimeout as pause } from 'node:timers/promises'
import { type ManualClock, manualClock } from '@proxy/conformance'
import type { Bucket, RateLimiter } from '@proxy/core'
import { memoryRateLimiter } from '@proxy/storage-memory'
import { type RedisClient, redisRateLimiter } from '@proxy/storage-redis'
import { type RedisServer, startRedis } from '@proxy/test-support/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { realTimers } from './real-timers.js'

let server: RedisServer
let client: Redis

beforeAll(async () => {
  server = await startRedis()
  client = new Redis(server.url)
})
afterAll(async () => {
  client.disconnect()
  await server.stop()
})

/** A busy machine shall not make the limiter decide by itself here. */
const patienceMs = 5_000

async function limiterOn(on: RedisClient, countBy?: ManualClock) {
  const clock = countBy === undefined ? undefined : realTimers(countBy)
  const limiter = redisRateLimiter({
    client: on,
    fallback: memoryRateLimiter(),
    timeoutMs: patienceMs,
    ...(clock !== undefined && { clock, countBy: clock }),
  })
  await limiter.check()
  return limiter
}

/** The whole contract runs on a hand-moved clock, beside this file. Here nothing depends on how long a machine takes. */
describe("on the server's time", () => {
  it('the calls of a fresh bucket pass, and not one more, with figures of that time', async () => {
    const limiter = await limiterOn(client)
    const bucket = { key: 'an hour', limit: 100, windowMs: 3_600_000 }
    const begun = Date.now()
    for (let left = 99; left >= 0; left -= 1) {
      const before = Date.now()
      const decision = await limiter.consume([bucket])
      expect(decision).toMatchObject({ allowed: true, remaining: left, retryAfterMs: 0 })
      expect(decision?.resetAt).toBeGreaterThanOrEqual(before + bucket.windowMs)
      expect(decision?.resetAt).toBeLessThanOrEqual(Date.now() + bucket.windowMs)
    }
    const refused = await limiter.consume([bucket])
    expect(refused).toMatchObject({ allowed: false, remaining: 0 })
    expect(refused?.retryAfterMs).toBeLessThanOrEqual(bucket.windowMs)
    expect(refused?.retryAfterMs).toBeGreaterThanOrEqual(bucket.windowMs - (Date.now() - begun) - 2)
    limiter.close()
  })

  it('a call passes after the wait that was told, and not before the window is over', async () => {
    const limiter = await limiterOn(client)
    const bucket = { key: 'soon', limit: 1, windowMs: 300 }
    const begun = performance.now()
    const [first, second] = await Promise.all([limiter.consume([bucket]), limiter.consume([bucket])])
    expect([first?.allowed, second?.allowed]).toEqual([true, false])
    let passed = false
    while (!passed) passed = (await limiter.consume([bucket]))?.allowed === true
    expect(performance.now() - begun).toBeGreaterThanOrEqual(bucket.windowMs - 2)
    const third = (await Promise.all([limiter.consume([bucket]), limiter.consume([bucket])]))[1]
    await pause((third?.retryAfterMs ?? 0) + 5)
    expect(await limiter.consume([bucket])).toMatchObject({ allowed: true })
    limiter.close()
  })
})

describe('the limiter on Redis', () => {
  it('decides as the one in memory does, call by call', async () => {
    const clock = manualClock()
    const shared = await limiterOn(client, clock)
    const memory = memoryRateLimiter({ clock })
    const buckets: readonly Bucket[] = [
      { key: 'one', limit: 1, windowMs: 1_000 },
      { key: 'few', limit: 7, windowMs: 3_000 },
      { key: 'some', limit: 25, windowMs: 10_000 },
      { key: 'many', limit: 120, windowMs: 60_000 },
    ]
    const decisions: [unknown, unknown][] = []
    for (let nth = 0; nth < 3_000; nth += 1) {
      const wanted = buckets.filter((_, index) => ((nth * 7 + (nth >> 3)) >> index) % 2 === 1)
      decisions.push([await shared.consume(wanted), memory.consume(wanted)])
      if (nth % 11 === 0) clock.advance((nth * 37) % 900)
      if (nth % 400 === 399) clock.advance(nth * 20)
    }
    for (const [ofRedis, ofMemory] of decisions) expect(ofRedis).toEqual(ofMemory)
    shared.close()
  })

  it('counts one limit for all instances, however many ask at a time', async () => {
    const clients = Array.from({ length: 4 }, () => new Redis(server.url))
    const limiters = await Promise.all(clients.map((one) => limiterOn(one)))
    const bucket = { key: 'all instances', limit: 100, windowMs: 60_000 }
    const decisions = await Promise.all(Array.from({ length: 1_000 }, (_, nth) => limiters[nth % 4]?.consume([bucket])))
    expect(decisions.filter((decision) => decision?.allowed)).toHaveLength(100)
    for (const limiter of limiters) limiter.close()
    for (const one of clients) one.disconnect()
  })

  it('asks once for the calls of one moment, and once for a call', async () => {
    const limiter = await limiterOn(client)
    const bucket = { key: 'round trips', limit: 1_000, windowMs: 60_000 }
    const before = await commandsOf(server)
    await Promise.all(Array.from({ length: 50 }, () => limiter.consume([bucket, { ...bucket, key: 'second' }])))
    const after = await commandsOf(server)
    expect(after - before).toBe(1)
    await limiter.consume([bucket, { ...bucket, key: 'second' }])
    expect((await commandsOf(server)) - after).toBe(1)
    limiter.close()
  })

  it('leaves nothing behind for buckets that are idle', async () => {
    const limiter = await limiterOn(client)
    await limiter.consume([{ key: 'short', limit: 1, windowMs: 50 }])
    const lives = await Promise.all((await client.keys('*')).map((key) => client.pttl(key)))
    for (const life of lives) expect(life).toBeGreaterThan(0)
    limiter.close()
  })

  it('keeps prefixes apart, and refuses those that would misplace keys', async () => {
    const limiters = ['a:', 'b:'].map((prefix) =>
      redisRateLimiter({ client, fallback: memoryRateLimiter(), prefix }),
    ) as readonly (RateLimiter & { close(): void; check(): Promise<void> })[]
    const bucket = { key: 'same', limit: 1, windowMs: 60_000 }
    for (const limiter of limiters) {
      await limiter.check()
      expect(await limiter.consume([bucket])).toMatchObject({ allowed: true })
      limiter.close()
    }
    for (const prefix of ['{a}', 'a b', 'é']) {
      expect(() => redisRateLimiter({ client, fallback: memoryRateLimiter(), prefix })).toThrow('prefix')
    }
  })

  it('takes what is not its own in a bucket as an empty one', async () => {
    const limiter = await limiterOn(client)
    await client.set('api-proxy:{r}:foreign', 'not a bucket')
    expect(await limiter.consume([{ key: 'foreign', limit: 2, windowMs: 60_000 }])).toMatchObject({ remaining: 1 })
    limiter.close()
  })
})

async function commandsOf(one: RedisServer): Promise<number> {
  const text = String(await one.run('info', 'commandstats'))
  return [...text.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
}
