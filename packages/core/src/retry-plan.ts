import { findHeader } from './headers.js'
import type { RetryWish } from './ports/dialect.js'
import type { UpstreamResponse } from './ports/transport.js'
import { isReplayable } from './redirects.js'
import type { CompiledRetryRules } from './retry-rules.js'
import type { UpstreamCall } from './upstream-call.js'
import { UpstreamError } from './upstream-error.js'

/** What may be tried again for one call, and how often. */
export interface RetryPlan {
  /** Extra attempts, at least 1. */
  readonly attempts: number
  /** The caller asked for them; otherwise they are the app's default. */
  readonly asked: boolean
  /** Statuses that the caller named. */
  readonly statuses: readonly number[]
  readonly rules: CompiledRetryRules
}

/** Undefined for a call that is sent once. */
export function planRetries(wish: RetryWish | undefined, rules: CompiledRetryRules): RetryPlan | undefined {
  const attempts = wish?.attempts ?? rules.attempts
  if (attempts === 0) return undefined
  return { attempts, asked: wish?.attempts !== undefined, statuses: wish?.statuses ?? [], rules }
}

const idempotentMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'PROPFIND',
  'REPORT',
])

/** True for what may arrive twice without harm (RFC 9110, 9.2.2). */
export function isIdempotent(method: string): boolean {
  return idempotentMethods.has(method)
}

/** Whether an answer is worth another attempt that cannot do a write twice by surprise. */
export function isWorthRetry(response: UpstreamResponse, call: UpstreamCall, plan: RetryPlan): boolean {
  const { status, headers } = response
  if (!isReplayable(call.body) || !isRetryable(status, headers, plan)) return false
  // Below 500 it was refused, so nothing was done.
  if (status < 500 || isIdempotent(call.method)) return true
  if (!plan.asked) return false
  const wasNotProcessed = status === 503 && findHeader(headers, 'retry-after') !== undefined
  return wasNotProcessed || plan.statuses.includes(status) || hasIdempotencyKey(call, plan)
}

/** The same for an attempt that got no answer: a connection that was not made, or that broke. */
export function isFailureWorthRetry(error: unknown, call: UpstreamCall, plan: RetryPlan): boolean {
  if (!(error instanceof UpstreamError) || !isReplayable(call.body)) return false
  if (!isConnectionFailure(error)) return false
  if (isIdempotent(call.method)) return true
  return plan.asked && (error.nothingSent || hasIdempotencyKey(call, plan))
}

function isRetryable(status: number, headers: readonly string[], { statuses, rules }: RetryPlan): boolean {
  if (statuses.includes(status)) return true
  if (rules.remaining !== undefined && status >= 400 && findHeader(headers, rules.remaining)?.trim() === '0')
    return true
  return rules.isRetryable === undefined ? status >= 500 || status === 429 : rules.isRetryable(status)
}

/** A head that does not come in time is none: the caller has waited long enough. */
function isConnectionFailure({ code, nothingSent }: UpstreamError): boolean {
  return code === 'upstream_connect' || code === 'upstream_dns' || (code === 'upstream_timeout' && nothingSent)
}

function hasIdempotencyKey({ headers }: UpstreamCall, { rules }: RetryPlan): boolean {
  return rules.idempotencyKeys.some((name) => findHeader(headers, name) !== undefined)
}
