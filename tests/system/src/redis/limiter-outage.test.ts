import { setTimeout as pause } from 'node:timers/promises'
import type { Bucket, PartEvent } from '@proxy/core'
import { memoryRateLimiter } from '@proxy/storage-memory'
import { connectRedis, type RedisRateLimiter, redisRateLimiter } from '@proxy/storage-redis'
import { type RedisServer, startRedis } from '@proxy/test-support/redis'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'

const instances = 4
const limit = 100
const bucket: Bucket = { key: 'shared', group: 'proj_1', limit, windowMs: 60_000 }

/** A busy machine shall not make a limiter give up on a Redis that is well; one that is killed is known by its end. */
const patienceMs = 10_000

interface Instance {
  readonly limiter: RedisRateLimiter
  readonly events: PartEvent[]
}

let server: RedisServer
beforeEach(async () => {
  server = await startRedis()
  return () => server.stop()
})

async function startInstances(
  count = instances,
  { failClosed = false, timeoutMs = patienceMs } = {},
): Promise<readonly Instance[]> {
  const started = Array.from({ length: count }, (): Instance => {
    const client = connectRedis({ url: server.url })
    const events: PartEvent[] = []
    const limiter = redisRateLimiter({
      client,
      fallback: memoryRateLimiter(),
      instances,
      failClosed,
      timeoutMs,
      onEvent: (event) => events.push(event),
    })
    onTestFinished(() => {
      limiter.close()
      client.disconnect()
    })
    return { limiter, events }
  })
  await Promise.all(started.map(({ limiter }) => limiter.check()))
  return started
}

/** How many of so many calls on each instance pass. */
async function passing(all: readonly Instance[], callsEach: number): Promise<number> {
  const decisions = await Promise.all(
    all.flatMap(({ limiter }) => Array.from({ length: callsEach }, () => limiter.consume([bucket]))),
  )
  return decisions.filter((decision) => decision?.allowed).length
}

async function recovered(all: readonly Instance[]): Promise<void> {
  for (const { limiter } of all) {
    for (let isWell = false; !isWell; await pause(20)) {
      isWell = await limiter.check().then(
        () => true,
        () => false,
      )
    }
  }
}

describe('while Redis is away', () => {
  it('each instance lets its part of the limit pass, and no more', async () => {
    const all = await startInstances()
    await server.signal('SIGKILL')
    expect(await passing(all, limit)).toBe(limit)
    expect(await passing(all, limit)).toBe(0)
    for (const { events } of all) expect(events).toMatchObject([{ part: 'rateLimiter', state: 'degraded' }])
    await server.start()
    await recovered(all)
    for (const { events } of all)
      expect(events).toMatchObject([{ state: 'degraded' }, { state: 'ok', reason: undefined }])
  })

  it('what Redis refused stays refused', async () => {
    const all = await startInstances()
    expect(await passing(all, limit)).toBe(limit)
    expect(await passing(all, 1)).toBe(0)
    await server.signal('SIGKILL')
    expect(await passing(all, limit)).toBe(0)
  })

  it('a limit smaller than the number of instances still lets each pass one call', async () => {
    const all = await startInstances()
    await server.signal('SIGKILL')
    const decisions = await Promise.all(
      all.map(({ limiter }) => limiter.consume([{ key: 'small', limit: 2, windowMs: 60_000 }])),
    )
    expect(decisions.map((decision) => decision?.allowed)).toEqual([true, true, true, true])
  })

  it('calls are refused when it is to fail closed', async () => {
    const [only] = await startInstances(1, { failClosed: true })
    expect(await only?.limiter.consume([bucket])).toMatchObject({ allowed: true })
    await server.signal('SIGKILL')
    await expect(only?.limiter.consume([bucket])).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 })
    await server.start()
    await recovered(only === undefined ? [] : [only])
    expect(await only?.limiter.consume([bucket])).toMatchObject({ allowed: true })
  })
})

describe('over an outage, a window holds no more than twice the limit', () => {
  it('when Redis comes back empty, because what was let pass meanwhile counts', async () => {
    const all = await startInstances()
    let passed = await passing(all, 20)
    expect(passed).toBe(80)
    await server.signal('SIGKILL')
    const meanwhile = await passing(all, limit)
    expect(meanwhile).toBe(limit)
    await server.start()
    await recovered(all)
    passed += meanwhile + (await passing(all, limit))
    expect(passed).toBeLessThanOrEqual(2 * limit)
  })

  it('when Redis comes back empty after it had been used up', async () => {
    const all = await startInstances()
    let passed = await passing(all, limit)
    await server.signal('SIGKILL')
    passed += await passing(all, limit)
    await server.start()
    await recovered(all)
    passed += await passing(all, limit)
    expect(passed).toBeLessThanOrEqual(2 * limit)
  })

  it('when Redis comes back with its counts, which are left as they are', async () => {
    const all = await startInstances(instances, { timeoutMs: 2_000 })
    expect(await passing(all, 10)).toBe(40)
    await server.signal('SIGSTOP')
    expect(await passing(all, limit)).toBe(limit)
    await server.signal('SIGCONT')
    await recovered(all)
    // The calls that hung were counted by Redis after all; nothing else was added to its 40.
    const after = await passing(all, limit)
    expect(40 + limit + after).toBeLessThanOrEqual(2 * limit)
  })
})
