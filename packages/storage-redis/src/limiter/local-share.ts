import type { Bucket, Clock, Decision, RateLimiter } from '@proxy/core'
import type { NamedBuckets } from './bucket-names.js'

/** What an instance decides by itself while the server is away. */
export interface LocalShare {
  decide(named: NamedBuckets): Promise<Decision>
  /** The server refused this bucket: it stays full until then, whoever decides. */
  refused(key: string, retryAfterMs: number): void
  /** Groups in which calls were let pass that the server does not know of. */
  groups(): ReadonlySet<string>
  /** Hands over what was counted in a group; it stays here when `restore` rejects. */
  handOver(group: string, restore: (counted: readonly CountedBucket[]) => Promise<unknown>): Promise<void>
}

/** The calls of a bucket that still count. */
export interface CountedBucket {
  readonly key: string
  readonly calls: number
  readonly windowMs: number
}

export interface LocalShareOptions {
  readonly fallback: RateLimiter
  readonly instances: number
  readonly clock: Pick<Clock, 'now'>
}

const maxRemembered = 10_000

/** Lets each bucket hold its limit divided by the instances, one at least. */
export function localShare({ fallback, instances, clock }: LocalShareOptions): LocalShare {
  const shares = new WeakMap<readonly Bucket[], readonly Bucket[]>()
  /** By key: until when the server would refuse. */
  const refusedUntil = new Map<string, number>()
  const counted = new Map<string, { readonly share: Bucket; readonly group: string }>()

  function sharesOf(buckets: readonly Bucket[]): readonly Bucket[] {
    let share = shares.get(buckets)
    if (share === undefined) {
      share = buckets.map((bucket) => ({ ...bucket, limit: Math.max(1, Math.floor(bucket.limit / instances)) }))
      shares.set(buckets, share)
    }
    return share
  }

  function stillRefused({ keys, buckets }: NamedBuckets): Decision | undefined {
    const now = clock.now()
    for (const [nth, key] of keys.entries()) {
      const until = refusedUntil.get(key)
      const bucket = buckets[nth]
      if (until === undefined || bucket === undefined) continue
      if (until > now) return refusal(bucket, until, now)
      refusedUntil.delete(key)
    }
    return undefined
  }

  return {
    async decide(named) {
      const refused = stillRefused(named)
      if (refused !== undefined) return refused
      const share = sharesOf(named.buckets)
      const decision = await fallback.consume(share)
      if (decision === undefined) throw new Error('The fallback decided nothing.')
      if (decision.allowed) remember(named, share)
      return decision
    },
    refused(key, retryAfterMs) {
      keep(refusedUntil, key, clock.now() + retryAfterMs)
    },
    groups: () => new Set([...counted.values()].map(({ group }) => group)),
    async handOver(group, restore) {
      const taken = [...counted].filter(([, bucket]) => bucket.group === group)
      for (const [key] of taken) counted.delete(key)
      try {
        await restore(
          await Promise.all(
            taken.map(async ([key, { share }]) => ({
              key,
              calls: await callsIn(fallback, share),
              windowMs: share.windowMs,
            })),
          ),
        )
      } catch (error) {
        for (const [key, bucket] of taken) counted.set(key, bucket)
        throw error
      }
    },
  }

  function remember({ keys, group }: NamedBuckets, share: readonly Bucket[]): void {
    for (const [nth, key] of keys.entries()) {
      const bucket = share[nth]
      if (bucket !== undefined && !counted.has(key)) keep(counted, key, { share: bucket, group })
    }
  }
}

/** The limiter tells how many calls it counts only when it is asked for one more. */
async function callsIn(limiter: RateLimiter, bucket: Bucket): Promise<number> {
  const decision = await limiter.consume([bucket])
  return decision?.allowed === true ? bucket.limit - decision.remaining - 1 : bucket.limit
}

function refusal({ limit, windowMs }: Bucket, until: number, now: number): Decision {
  return { allowed: false, limit, remaining: 0, windowMs, resetAt: until, retryAfterMs: until - now }
}

/** Forgets the oldest when there are many. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= maxRemembered) {
    const oldest = map.keys().next()
    if (oldest.done !== true) map.delete(oldest.value)
  }
  map.set(key, value)
}
