import type { Bucket, Decision, RateLimiter } from '@proxy/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awkwardStrings } from '../awkward-strings.js'
import { randomFrom } from '../random.js'

export interface RateLimiterUnderTest {
  readonly limiter: RateLimiter
  /** Time as the limiter sees it, epoch milliseconds. */
  now(): number
  /** Moves a hand-moved clock, or waits. */
  passTime(ms: number): Promise<void> | void
  /** By how much figures of time may be off: 0 with a hand-moved clock, else the slack of real time. */
  readonly toleranceMs: number
  dispose?(): Promise<void> | void
}

/**
 * The contract of `RateLimiter`, as vitest suites. Limits are whole numbers of 1 or more; a window is as long as the
 * test needs: a minute with a hand-moved clock, a second in real time.
 */
export function testRateLimiter(
  name: string,
  makeLimiter: () => Promise<RateLimiterUnderTest> | RateLimiterUnderTest,
): void {
  describe(`${name} is a rate limiter:`, () => {
    let made: RateLimiterUnderTest | undefined
    let lastKey = 0
    const get = (): RateLimiterUnderTest => {
      if (made === undefined) throw new Error('The limiter was not made')
      return made
    }
    const windowLength = (): number => (get().toleranceMs === 0 ? 60_000 : 1_000)
    const newBucket = (limit: number): Bucket => {
      lastKey += 1
      return { key: `bucket ${lastKey}`, limit, windowMs: windowLength() }
    }
    const consume = async (...buckets: readonly Bucket[]): Promise<Decision> => {
      const decision = await get().limiter.consume(buckets)
      if (decision === undefined) throw new Error('There was no decision')
      return decision
    }
    const fill = async (bucket: Bucket, calls: number): Promise<void> => {
      for (let call = 0; call < calls; call += 1) expect(await consume(bucket)).toMatchObject({ allowed: true })
    }
    const expectNear = (actual: number, wanted: number): void => {
      expect(Math.abs(actual - wanted), `${actual} is not near ${wanted}`).toBeLessThanOrEqual(get().toleranceMs)
    }

    beforeAll(async () => {
      made = await makeLimiter()
    })
    afterAll(async () => {
      await made?.dispose?.()
    })

    it('decides nothing without a bucket', async () => {
      expect(await get().limiter.consume([])).toBeUndefined()
    })

    it.each([1, 2, 7, 100])('lets the %i calls of a fresh bucket pass at once, and not one more', async (limit) => {
      const bucket = newBucket(limit)
      for (let left = limit - 1; left >= 0; left -= 1) {
        const decision = await consume(bucket)
        expect(decision).toMatchObject({ allowed: true, remaining: left, limit, retryAfterMs: 0 })
        expect(decision.windowMs).toBe(bucket.windowMs)
        expectNear(decision.resetAt, get().now() + bucket.windowMs)
      }
      const refused = await consume(bucket)
      expect(refused).toMatchObject({ allowed: false, remaining: 0, limit, windowMs: bucket.windowMs })
      expectNear(refused.retryAfterMs, bucket.windowMs)
      expectNear(refused.resetAt, get().now() + bucket.windowMs)
    })

    it('lets exactly the limit of many calls at a time pass', async () => {
      const bucket = newBucket(10)
      const decisions = await Promise.all(Array.from({ length: 100 }, () => consume(bucket)))
      expect(decisions.filter((decision) => decision.allowed)).toHaveLength(10)
    })

    it('lets a call pass after the wait it told, and does not count the refused ones', async () => {
      const bucket = newBucket(5)
      await fill(bucket, 5)
      for (let round = 0; round < 3; round += 1) {
        const refused = await consume(bucket)
        expect(refused.allowed).toBe(false)
        expect(Number.isInteger(refused.retryAfterMs) && refused.retryAfterMs >= 1).toBe(true)
        if (get().toleranceMs === 0) {
          await get().passTime(refused.retryAfterMs - 1)
          expect(await consume(bucket)).toMatchObject({ allowed: false, retryAfterMs: 1 })
          await get().passTime(1)
        } else await get().passTime(refused.retryAfterMs)
        await fill(bucket, 1)
        while ((await consume(bucket)).allowed) expect(round).toBeLessThan(3)
      }
    })

    it('is full again when it said so', async () => {
      const bucket = newBucket(4)
      await fill(bucket, 1)
      await get().passTime(bucket.windowMs / 4)
      const { resetAt } = await consume(bucket)
      await get().passTime(resetAt - get().now())
      expect(await consume(bucket)).toMatchObject({ allowed: true, remaining: 3 })
    })

    it('counts a call in every bucket or in none', async () => {
      const wide = newBucket(100)
      const narrow = newBucket(2)
      for (let call = 0; call < 10; call += 1) await consume(wide, narrow)
      expect(await consume(wide)).toMatchObject({ allowed: true, remaining: 97 })
      for (let call = 0; call < 10; call += 1) await consume(narrow, wide)
      expect(await consume(wide)).toMatchObject({ allowed: true, remaining: 96 })
    })

    it('tells the figures of the tightest bucket', async () => {
      const wide = newBucket(100)
      const narrow = newBucket(3)
      expect(await consume(wide, narrow)).toMatchObject({ limit: 3, remaining: 2 })
      expect(await consume(narrow, wide)).toMatchObject({ limit: 3, remaining: 1 })
      await consume(narrow)
      expect(await consume(wide, narrow)).toMatchObject({ allowed: false, limit: 3, remaining: 0 })
      await fill(wide, 97)
      expect(await consume(wide)).toMatchObject({ allowed: true, limit: 100, remaining: 0 })
    })

    it('keeps keys apart', async () => {
      for (const text of awkwardStrings) await fill({ key: `apart ${text}`, limit: 1, windowMs: windowLength() }, 1)
      for (const text of awkwardStrings) {
        expect(await consume({ key: `apart ${text}`, limit: 1, windowMs: windowLength() })).toMatchObject({
          allowed: false,
        })
      }
    })

    it('refuses nothing of a caller that keeps a little below the limit', async () => {
      const bucket = newBucket(20)
      const stepMs = Math.ceil(bucket.windowMs / 18)
      for (let call = 0; call < 60; call += 1) {
        expect(await consume(bucket)).toMatchObject({ allowed: true })
        await get().passTime(stepMs)
      }
    })

    it('lets no window hold more than 1.1 times the limit, however the calls come', async () => {
      const seeds = get().toleranceMs === 0 ? 40 : 1
      for (let seed = 1; seed <= seeds; seed += 1) {
        const random = randomFrom(seed)
        const bucket = newBucket(1 + Math.floor(random() * 60))
        const passed: number[] = []
        const end = get().now() + 4 * bucket.windowMs
        while (get().now() < end) {
          for (let burst = Math.floor(random() ** 3 * bucket.limit * 1.5); burst >= 0; burst -= 1) {
            const earliest = get().now()
            if ((await consume(bucket)).allowed) passed.push(earliest)
          }
          await get().passTime(Math.ceil(random() ** 2 * bucket.windowMs * 0.6))
        }
        expect(fullestWindow(passed, bucket.windowMs - get().toleranceMs)).toBeLessThanOrEqual(bucket.limit * 1.1)
        expect(passed.length).toBeGreaterThan(bucket.limit * 2)
      }
    })
  })
}

/** The most of the ascending `times` that lie in one window. */
function fullestWindow(times: readonly number[], windowMs: number): number {
  let most = 0
  let first = 0
  for (const [index, time] of times.entries()) {
    while ((times[first] ?? time) <= time - windowMs) first += 1
    most = Math.max(most, index - first + 1)
  }
  return most
}
