import type { Caller } from './ports/authenticator.js'
import type { Clock } from './ports/clock.js'
import type { CustomLimits } from './ports/custom-limits.js'
import type { Bucket, RateLimiter } from './ports/rate-limiter.js'
import type { Transport, UpstreamLimits } from './ports/transport.js'
import type { RetryLimits } from './retry.js'

export interface Window {
  readonly requests: number
  readonly windowMs: number
}

/** Limits of the engine; undefined ones do not count. An app's own limit is in its definition. */
export interface TurnLimits {
  readonly project: Window | undefined
  readonly client: Window | undefined
  readonly account: Window | undefined
}

export interface TurnParts {
  readonly rateLimiter: RateLimiter
  readonly limits: TurnLimits
  readonly customLimits: CustomLimits | undefined
  /** The buckets of all calls of a caller, made once. */
  readonly buckets: WeakMap<Caller, readonly Bucket[]>
}

export interface BodyLimits {
  /** Bytes of a body at most; beyond it `payload_too_large`. */
  readonly maxRequestBytes: number
  /** A body of a known length up to this is held whole: it can be sent again, and costs less than a stream. */
  readonly heldBytes: number
  /** A body that a strategy has to read, or that a caller wants to be retried, is held up to this. */
  readonly readableBytes: number
}

export interface HeaderParts {
  /** Value of the `via` header that marks what went through here. */
  readonly viaMarker: string
  readonly userAgent: string
  readonly clock: Pick<Clock, 'now'>
}

export interface ForwardParts {
  readonly transport: Transport
  readonly clock: Clock
  readonly limits: UpstreamLimits
  readonly retryLimits: RetryLimits
  /** For hosts that get nothing of the caller's. */
  readonly userAgent: string
}
