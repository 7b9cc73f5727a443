import type { Bucket, Clock, Decision, RateLimiter } from '@proxy/core'
import { count, createCounter, isIdle, used, type WindowCounter, waitUntil } from './window-counter.js'

export interface MemoryRateLimiterOptions {
  readonly clock?: Pick<Clock, 'now'>
  /** Buckets kept at most; beyond it the least used of a few is forgotten. Default 1,000,000. */
  readonly maxBuckets?: number
}

/** Rate limits in the memory of this process; answers at once. */
export interface MemoryRateLimiter extends RateLimiter {
  consume(buckets: readonly Bucket[]): Decision | undefined
  /** Buckets held now, idle ones that wait for the sweep included. */
  readonly size: number
}

export function memoryRateLimiter(options: MemoryRateLimiterOptions = {}): MemoryRateLimiter {
  const clock = options.clock ?? { now: Date.now }
  const maxBuckets = options.maxBuckets ?? 1_000_000
  const counters = new Map<string, WindowCounter>()
  /** The counters of the call at hand, one for each bucket; kept, so that a call allocates nothing but its decision. */
  const held: WindowCounter[] = []
  let sweeping = counters.entries()
  let calls = 0

  return {
    get size() {
      return counters.size
    },
    consume(buckets) {
      const now = clock.now()
      calls += 1
      if (calls % 64 === 0) sweep(now, 64)
      let tightest: Bucket | undefined
      let tightestCounter: WindowCounter | undefined
      let remaining = Number.POSITIVE_INFINITY
      let retryAfterMs = 0
      for (let index = 0; index < buckets.length; index += 1) {
        const bucket = buckets[index] as Bucket
        const { limit, windowMs } = bucket
        const counter = obtain(bucket, now)
        held[index] = counter
        const left = limit - used(counter, now, limit, windowMs)
        const wait = left >= 1 ? 0 : waitUntil(counter, now, limit, windowMs, limit - 1)
        if (wait > retryAfterMs || (wait === retryAfterMs && left < remaining)) {
          tightest = bucket
          tightestCounter = counter
          remaining = left
          retryAfterMs = wait
        }
      }
      if (tightest === undefined || tightestCounter === undefined) return undefined
      const allowed = remaining >= 1
      if (allowed) {
        for (let index = 0; index < buckets.length; index += 1) {
          count(held[index] as WindowCounter, now, (buckets[index] as Bucket).windowMs)
        }
      }
      return {
        allowed,
        limit: tightest.limit,
        remaining: allowed ? remaining - 1 : 0,
        windowMs: tightest.windowMs,
        resetAt: Math.max(now, tightestCounter.last + tightest.windowMs),
        retryAfterMs,
      }
    },
  }

  function obtain({ key, windowMs }: Bucket, now: number): WindowCounter {
    const known = counters.get(key)
    if (known !== undefined) return known
    sweep(now, 2)
    if (counters.size >= maxBuckets) forgetOne()
    const counter = createCounter(now, windowMs)
    counters.set(key, counter)
    return counter
  }

  function sweep(now: number, steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      const next = sweeping.next()
      if (next.done === true) {
        sweeping = counters.entries()
        return
      }
      if (isIdle(next.value[1], now)) counters.delete(next.value[0])
    }
  }

  function forgetOne(): void {
    let victim: string | undefined
    let fewest = Number.POSITIVE_INFINITY
    for (let step = 0; step < 8; step += 1) {
      const next = sweeping.next()
      if (next.done === true) {
        sweeping = counters.entries()
        continue
      }
      if (next.value[1].total < fewest) {
        fewest = next.value[1].total
        victim = next.value[0]
      }
    }
    if (victim !== undefined) counters.delete(victim)
  }
}
