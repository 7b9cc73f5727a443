import { manualClock } from '@proxy/conformance'
import type { Bucket } from '@proxy/core'
import { type Channel, memoryRateLimiter } from '@proxy/storage-memory'
import { describe, expect, it } from 'vitest'
import { serveCredits } from './credit-bank.js'
import { creditLimiter } from './credit-limiter.js'

/** Two ends in one process; what is sent arrives in the next turn, as JSON would. */
function channelPair(): { first: Channel; worker: Channel; sent: () => number } {
  const listeners: ((message: unknown) => void)[][] = [[], []]
  let count = 0
  const end = (own: number): Channel => ({
    send(message) {
      count += 1
      const text = JSON.stringify(message)
      setImmediate(() => {
        for (const listener of listeners[1 - own] ?? []) listener(JSON.parse(text))
      })
    },
    onMessage: (listener) => void listeners[own]?.push(listener),
    onClose: () => undefined,
  })
  return { first: end(0), worker: end(1), sent: () => count }
}

function workers(count: number) {
  const clock = manualClock(1_000_000)
  const limiter = memoryRateLimiter({ clock })
  const pairs = Array.from({ length: count }, () => {
    const pair = channelPair()
    serveCredits(pair.first, limiter, count)
    return { consume: creditLimiter(pair.worker, clock).consume, sent: pair.sent }
  })
  return { clock, pairs }
}

/** Calls of all workers in turn; resolves to how many were let through. */
async function run(
  pairs: ReturnType<typeof workers>['pairs'],
  buckets: readonly Bucket[],
  calls: number,
): Promise<number> {
  let allowed = 0
  for (let done = 0; done < calls; done += 1) {
    const decision = await pairs[done % pairs.length]?.consume(buckets)
    if (decision?.allowed) allowed += 1
  }
  return allowed
}

describe('limits that several workers count together', () => {
  it('are exact when they are small', async () => {
    const { pairs } = workers(3)
    expect(await run(pairs, [{ key: 'project', limit: 100, windowMs: 60_000 }], 150)).toBe(100)
    expect(await run(pairs, [{ key: 'other', limit: 1_999, windowMs: 60_000 }], 2_100)).toBe(1_999)
  })

  it('are kept within a hundredth when they are large, with few questions', async () => {
    const { pairs } = workers(2)
    const buckets = [{ key: 'project', limit: 20_000, windowMs: 60_000 }]
    const allowed = await run(pairs, buckets, 30_000)
    expect(allowed).toBeGreaterThanOrEqual(19_999)
    expect(allowed).toBeLessThanOrEqual(20_200)
    const questions = pairs.reduce((sum, { sent }) => sum + sent(), 0)
    expect(questions).toBeLessThan(6_000)
  })

  it('refuse without asking until a call can pass, then ask again', async () => {
    const { pairs, clock } = workers(1)
    const buckets = [{ key: 'project', limit: 2, windowMs: 10_000 }]
    expect(await run(pairs, buckets, 3)).toBe(2)
    const asked = pairs[0]?.sent()
    expect(await run(pairs, buckets, 100)).toBe(0)
    expect(pairs[0]?.sent()).toBe(asked)
    clock.advance(20_000)
    expect(await run(pairs, buckets, 1)).toBe(1)
  })

  it('count a call in every bucket or in none', async () => {
    const { pairs } = workers(2)
    const project = { key: 'project', limit: 100_000, windowMs: 60_000 }
    const account = { key: 'account', limit: 5, windowMs: 60_000 }
    expect(await run(pairs, [project, account], 20)).toBe(5)
    const decision = await pairs[0]?.consume([{ ...project, key: 'project' }])
    expect(decision?.remaining).toBe(100_000 - 6)
  })

  it('do not apply to a call without buckets', async () => {
    const { pairs } = workers(1)
    expect(await pairs[0]?.consume([])).toBeUndefined()
    expect(pairs[0]?.sent()).toBe(0)
  })
})
