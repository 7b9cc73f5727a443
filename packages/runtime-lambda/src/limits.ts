import { defaultHeadLimits, type HeadLimits } from '@proxy/core'

/** Bounds on one call. Sizes are bytes, times milliseconds. */
export interface LambdaLimits extends HeadLimits {
  /** Request body; beyond it 413. The platform itself takes no event of more than 6 MB. */
  readonly maxRequestBytes: number
  /** The whole buffered answer as the platform counts it, in JSON; beyond it 502. A load balancer takes 1 MB at most. */
  readonly maxBufferedBytes: number
  /** The body of a streamed answer; a longer one is refused with 502 when its length is declared, else cut. */
  readonly maxStreamedBytes: number
  /** What is left of the function's time when a call is answered with 504, at most a quarter of what it began with. */
  readonly timeMarginMs: number
  /** How long an API Gateway waits for a buffered answer; the margin is taken off this, too. */
  readonly gatewayTimeMs: number
}

const MIB = 1024 * 1024

/** Lambda's quotas where nobody had them raised. */
export const defaultLambdaLimits: LambdaLimits = {
  ...defaultHeadLimits,
  maxRequestBytes: 100 * MIB,
  maxBufferedBytes: 6 * MIB,
  maxStreamedBytes: 200 * MIB,
  timeMarginMs: 500,
  gatewayTimeMs: 29_000,
}

/** What a load balancer takes as an answer. */
export const balancerBytes = MIB
