import type { Bucket, Decision, RateLimiter } from '@proxy/core'
import type { Channel } from '@proxy/storage-memory'
import { type Credit, type CreditRequest, unwrapRequest, wrapReply } from './credit-messages.js'

/** All workers together may be this share of a limit ahead of the count. */
const shareAhead = 0.01
/** Below this share of calls left, every call is asked for. */
const shareExact = 0.05
/** Limits below it are counted call by call: so few calls cost little, and somebody may count along. */
const exactBelow = 2_000
const creditMost = 2_048

/**
 * Counts for the workers. A worker gets credit on large limits, so that it need not ask for each call; what it let
 * through is counted when it says so, a few milliseconds later. Small limits are counted call by call, exactly.
 */
export function serveCredits(channel: Channel, limiter: RateLimiter, workers: number): void {
  channel.onMessage((message) => {
    const request = unwrapRequest(message)
    if (request !== undefined) void answer(request)
  })

  async function answer({ number, call, used }: CreditRequest): Promise<void> {
    const credits: Credit[] = []
    for (const { bucket, count } of used) credits.push(creditFor(bucket, await countIn(bucket, count)))
    const decision = call === undefined ? undefined : await limiter.consume(call)
    // The others have at least as many calls left as the tightest one, whose figures these are.
    for (const bucket of call ?? []) credits.push(creditFor(bucket, decision))
    channel.send(wrapReply({ number, decision, credits }))
  }

  /** The figures after the last call that was counted. */
  async function countIn(bucket: Bucket, count: number): Promise<Decision | undefined> {
    let decision: Decision | undefined
    const buckets = [bucket]
    for (let done = 0; done < count; done += 1) {
      const counted = limiter.consume(buckets) // in memory at once: a turn of the queue for each call would be most of the work
      decision = counted instanceof Promise ? await counted : counted
    }
    return decision
  }

  function creditFor({ key, limit }: Bucket, decision: Decision | undefined): Credit {
    const { allowed = false, remaining = 0, resetAt = 0 } = decision ?? {}
    const isPlenty = allowed && limit >= exactBelow && remaining > limit * shareExact
    const calls = isPlenty ? Math.min(creditMost, Math.floor((limit * shareAhead) / workers)) : 0
    return { key, calls, remaining, resetAt }
  }
}
