import { manualClock, testRateLimiter } from '@proxy/conformance'
import type { Bucket, Decision } from '@proxy/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MemoryRateLimiter, memoryRateLimiter } from './memory-rate-limiter.js'

testRateLimiter('memoryRateLimiter', () => {
  const clock = manualClock()
  return { limiter: memoryRateLimiter({ clock }), now: clock.now, passTime: clock.advance, toleranceMs: 0 }
})

function decide(limiter: MemoryRateLimiter, ...buckets: readonly Bucket[]): Decision {
  const decision = limiter.consume(buckets)
  if (decision === undefined) throw new Error('There was no decision')
  return decision
}

/** Calls and pauses that a hostile or a patient caller might make. */
const schedules = fc.record({
  limit: fc.integer({ min: 1, max: 120 }),
  windowMs: fc.constantFrom(10, 19, 100, 1_000, 60_000),
  steps: fc.array(
    fc.record({ calls: fc.integer({ min: 0, max: 150 }), pause: fc.double({ min: 0, max: 1.2, noNaN: true }) }),
    { minLength: 10, maxLength: 80 },
  ),
})

describe('the sliding window', () => {
  it('never holds more than 1.1 times the limit, nor refuses a call for which there is room without doubt', () => {
    fc.assert(
      fc.property(schedules, ({ limit, windowMs, steps }) => {
        const clock = manualClock()
        const limiter = memoryRateLimiter({ clock })
        const passed: number[] = []
        for (const { calls, pause } of steps) {
          for (let call = 0; call < calls; call += 1) {
            const now = clock.now()
            const inWindow = passed.filter((time) => time > now - windowMs).length
            const inWiderWindow = passed.filter((time) => time >= now - windowMs * 1.05).length
            if (decide(limiter, { key: 'k', limit, windowMs }).allowed) {
              expect(inWindow + 1).toBeLessThanOrEqual(limit * 1.1)
              passed.push(now)
            } else {
              expect(inWiderWindow).toBeGreaterThanOrEqual(limit)
              break
            }
          }
          clock.advance(Math.round(pause * windowMs))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('tells the exact wait: a millisecond less is too early', () => {
    fc.assert(
      fc.property(schedules, ({ limit, windowMs, steps }) => {
        const clock = manualClock()
        const limiter = memoryRateLimiter({ clock })
        const bucket = { key: 'k', limit, windowMs }
        for (const { calls, pause } of steps) {
          for (let call = 0; call < calls; call += 1) {
            const decision = decide(limiter, bucket)
            if (decision.allowed) continue
            expect(decision.retryAfterMs).toBeGreaterThanOrEqual(1)
            clock.advance(decision.retryAfterMs - 1)
            expect(decide(limiter, bucket)).toMatchObject({ allowed: false, retryAfterMs: 1 })
            clock.advance(1)
            expect(decide(limiter, bucket)).toMatchObject({ allowed: true })
          }
          clock.advance(Math.round(pause * windowMs))
        }
      }),
      { numRuns: 100 },
    )
  })

  it('lets a caller keep the exact limit, evenly spread', () => {
    const clock = manualClock()
    const limiter = memoryRateLimiter({ clock })
    for (let call = 0; call < 1_000; call += 1) {
      expect(decide(limiter, { key: 'k', limit: 100, windowMs: 60_000 }).allowed).toBe(true)
      clock.advance(600)
    }
  })

  it('waits for the slowest of several full buckets', () => {
    const clock = manualClock()
    const limiter = memoryRateLimiter({ clock })
    const short = { key: 'short', limit: 1, windowMs: 1_000 }
    const long = { key: 'long', limit: 1, windowMs: 60_000 }
    expect(decide(limiter, short, long).allowed).toBe(true)
    expect(decide(limiter, long, short)).toMatchObject({ limit: 1, windowMs: 60_000, retryAfterMs: 60_000 })
    expect(decide(limiter, short, long)).toMatchObject({ limit: 1, windowMs: 60_000, retryAfterMs: 60_000 })
  })

  it('follows a limit that is changed while calls are counted', () => {
    const clock = manualClock()
    const limiter = memoryRateLimiter({ clock })
    for (let call = 0; call < 10; call += 1) decide(limiter, { key: 'k', limit: 10, windowMs: 1_000 })
    expect(decide(limiter, { key: 'k', limit: 5, windowMs: 1_000 })).toMatchObject({ allowed: false, remaining: 0 })
    expect(decide(limiter, { key: 'k', limit: 12, windowMs: 1_000 })).toMatchObject({ allowed: true, remaining: 1 })
    clock.advance(1_000)
    expect(decide(limiter, { key: 'k', limit: 5, windowMs: 1_000 })).toMatchObject({ allowed: true, remaining: 4 })
  })

  it.each([
    ['a little', 500],
    ['by a day', 86_400_000],
  ])('is of use again within a window after the clock was set back %s', (_, ms) => {
    let now = Date.UTC(2026, 0, 2)
    const limiter = memoryRateLimiter({ clock: { now: () => now } })
    const bucket = { key: 'k', limit: 2, windowMs: 1_000 }
    decide(limiter, bucket)
    decide(limiter, bucket)
    now -= ms
    now += bucket.windowMs + ms * Number(ms < bucket.windowMs)
    expect(decide(limiter, bucket)).toMatchObject({ allowed: true })
  })
})

describe('memory', () => {
  it('is given back for buckets that are idle', () => {
    const clock = manualClock()
    const limiter = memoryRateLimiter({ clock })
    for (let call = 0; call < 10_000; call += 1) decide(limiter, { key: `${call}`, limit: 1, windowMs: 1_000 })
    expect(limiter.size).toBe(10_000)
    clock.advance(1_000)
    for (let call = 0; call < 11_000; call += 1) decide(limiter, { key: 'busy', limit: 1_000_000, windowMs: 1_000 })
    expect(limiter.size).toBe(1)
  })

  it('is bounded when every call names another bucket, and busy buckets are not forgotten', () => {
    const clock = manualClock()
    const limiter = memoryRateLimiter({ clock, maxBuckets: 1_000 })
    const busy = { key: 'busy', limit: 50, windowMs: 1_000 }
    for (let call = 0; call < 50; call += 1) decide(limiter, busy)
    for (let call = 0; call < 20_000; call += 1) decide(limiter, { key: `${call}`, limit: 1, windowMs: 1_000 })
    expect(limiter.size).toBe(1_000)
    expect(decide(limiter, busy).allowed).toBe(false)
  })
})
