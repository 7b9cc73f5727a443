import { manualClock } from '@proxy/conformance'
import type { Bucket, Decision, RateLimiter } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { bucketNames } from './bucket-names.js'
import { type CountedBucket, localShare } from './local-share.js'

const name = bucketNames('p:')

/** Counts for ever, without a window: what is tested is who asks it for what. */
function countingLimiter(): RateLimiter & { readonly counts: Map<string, number> } {
  const counts = new Map<string, number>()
  return {
    counts,
    consume(buckets): Decision | undefined {
      const [bucket] = buckets
      if (bucket === undefined) return undefined
      const count = counts.get(bucket.key) ?? 0
      const allowed = count < bucket.limit
      if (allowed) for (const { key } of buckets) counts.set(key, (counts.get(key) ?? 0) + 1)
      const { limit, windowMs } = bucket
      return { allowed, limit, remaining: allowed ? limit - count - 1 : 0, windowMs, resetAt: 0, retryAfterMs: 0 }
    },
  }
}

const bucket = (key: string, limit: number, group = 'g'): Bucket => ({ key, group, limit, windowMs: 1_000 })

describe('the part of an instance', () => {
  it.each([
    [100, 4, 25],
    [10, 4, 2],
    [3, 4, 1],
    [7, 1, 7],
  ])('of a limit of %i among %i is %i', async (limit, instances, part) => {
    const share = localShare({ fallback: countingLimiter(), instances, clock: manualClock() })
    const named = name([bucket('a', limit)])
    let passed = 0
    for (let call = 0; call < 200; call += 1) if ((await share.decide(named)).allowed) passed += 1
    expect(passed).toBe(part)
  })

  it('is nothing until the end of what the server refused', async () => {
    const clock = manualClock()
    const share = localShare({ fallback: countingLimiter(), instances: 1, clock })
    const named = name([bucket('wide', 100), bucket('full', 10)])
    share.refused(named.keys[1] ?? '', 500)
    expect(await share.decide(named)).toMatchObject({ allowed: false, limit: 10, retryAfterMs: 500 })
    expect((await share.decide(name([bucket('wide', 100)]))).allowed).toBe(true)
    clock.advance(500)
    expect((await share.decide(named)).allowed).toBe(true)
  })
})

describe('what was let pass here', () => {
  it('is handed over once, by group, with the calls that count', async () => {
    const share = localShare({ fallback: countingLimiter(), instances: 1, clock: manualClock() })
    for (let call = 0; call < 3; call += 1) await share.decide(name([bucket('a', 10), bucket('b', 5)]))
    await share.decide(name([bucket('c', 10, 'other')]))
    expect(share.groups()).toEqual(new Set([name([bucket('a', 1)]).group, name([bucket('c', 1, 'other')]).group]))
    const handed: CountedBucket[] = []
    for (const group of share.groups()) {
      await share.handOver(group, async (counted) => {
        handed.push(...counted)
      })
    }
    expect(handed.map(({ calls, windowMs }) => [calls, windowMs])).toEqual([
      [3, 1_000],
      [3, 1_000],
      [1, 1_000],
    ])
    expect(share.groups().size).toBe(0)
  })

  it('stays here when it cannot be handed over', async () => {
    const share = localShare({ fallback: countingLimiter(), instances: 1, clock: manualClock() })
    await share.decide(name([bucket('a', 10)]))
    const [group = ''] = share.groups()
    await expect(share.handOver(group, () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect(share.groups()).toEqual(new Set([group]))
  })

  it('is nothing of what was refused', async () => {
    const share = localShare({ fallback: countingLimiter(), instances: 1, clock: manualClock() })
    share.refused(name([bucket('a', 10)]).keys[0] ?? '', 500)
    await share.decide(name([bucket('a', 10)]))
    expect(share.groups().size).toBe(0)
  })
})
