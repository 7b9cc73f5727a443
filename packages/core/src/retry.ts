import type { Cancellation } from './cancellation.js'
import { type ErrorCode, ProxyError } from './errors.js'
import type { Clock } from './ports/clock.js'
import type { UpstreamResponse } from './ports/transport.js'
import { isFailureWorthRetry, isWorthRetry, type RetryPlan } from './retry-plan.js'
import { backoffMs, statedWaitMs } from './retry-wait.js'
import type { UpstreamCall } from './upstream-call.js'

export interface RetryLimits {
  /** Milliseconds of one wait at most; an answer that asks for more is the last one. */
  readonly maxWaitMs: number
  /** Milliseconds for all attempts and waits of a call. */
  readonly totalMs: number
  /** Milliseconds to the head, for each attempt. */
  readonly headTimeoutMs: number
  /** From 0 to below 1. */
  readonly random: () => number
}

/** How an attempt ended: with an answer or with an error. */
export type Outcome = { readonly response: UpstreamResponse } | { readonly error: unknown }

/** The extra attempts of one call, over all hops of its redirects. */
export interface Retries {
  /** Epoch milliseconds by which the head of the present attempt must be there. */
  readonly headEndsAt: number
  /** Milliseconds to wait before the next attempt, which is counted; undefined when this outcome is the last one. */
  next(outcome: Outcome, call: UpstreamCall): number | undefined
}

export function startRetries(plan: RetryPlan, clock: Clock, limits: RetryLimits): Retries {
  const startedAt = clock.now()
  const endsAt = startedAt + limits.totalMs
  let headEndsAt = Math.min(startedAt + limits.headTimeoutMs, endsAt)
  let count = 0
  return {
    get headEndsAt() {
      return headEndsAt
    },
    next(outcome, call) {
      if (count === plan.attempts || !isWorth(outcome, call, plan)) return undefined
      const now = clock.now()
      const stated = 'response' in outcome ? statedWaitMs(outcome.response.headers, plan.rules, now) : undefined
      const waitMs = stated ?? backoffMs(count, limits.random)
      if (waitMs > limits.maxWaitMs || now + waitMs >= endsAt) return undefined
      count += 1
      headEndsAt = Math.min(now + waitMs + limits.headTimeoutMs, endsAt)
      return waitMs
    },
  }
}

function isWorth(outcome: Outcome, call: UpstreamCall, plan: RetryPlan): boolean {
  return 'response' in outcome
    ? isWorthRetry(outcome.response, call, plan)
    : isFailureWorthRetry(outcome.error, call, plan)
}

/** Resolves after `waitMs`, and rejects as soon as the caller leaves. */
export function pauseUnlessCancelled(clock: Clock, waitMs: number, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(waitMs, () => {
      cancellation.listen(undefined)
      resolve()
    })
    cancellation.listen(() => {
      timer.cancel()
      reject(new ProxyError('upstream_connect', 'The caller has left.'))
    })
  })
}

/** What a log may say of an attempt that is followed by another. */
export function describeOutcome(outcome: Outcome): { status: number | undefined; code: ErrorCode | undefined } {
  if ('response' in outcome) return { status: outcome.response.status, code: undefined }
  return { status: undefined, code: outcome.error instanceof ProxyError ? outcome.error.code : undefined }
}
