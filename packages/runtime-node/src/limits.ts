import { defaultHeadLimits, type HeadLimits } from '@proxy/core'

/** Bounds on what one caller may send or keep waiting. Times are milliseconds, sizes bytes. */
export interface RequestLimits extends HeadLimits {
  /** From the connection or the last answer's successor byte to the end of the request head. */
  readonly headTimeoutMs: number
  /** Raw request target; beyond it 414. At most 16 KiB, as the head as a whole is capped a little above it. */
  readonly maxTargetBytes: number
  /** Request body; beyond it 413, cut while it streams when its length was not declared. */
  readonly maxRequestBytes: number
  /** Without a byte of a body that is being waited for; after it 400. */
  readonly bodyIdleTimeoutMs: number
  /** Without a byte taken by a reader that has an answer waiting; after it the connection is cut. */
  readonly readerIdleTimeoutMs: number
  /** How long a connection may stay open between two requests. */
  readonly keepAliveTimeoutMs: number
  /** How much of a refused upload is read and dropped, so that the caller sees the answer instead of a reset. */
  readonly lingerBytes: number
  readonly lingerMs: number
}

const MIB = 1024 * 1024

export const defaultLimits: RequestLimits = {
  ...defaultHeadLimits,
  headTimeoutMs: 20_000,
  maxRequestBytes: 100 * MIB,
  bodyIdleTimeoutMs: 30_000,
  readerIdleTimeoutMs: 300_000,
  // Longer than the 60 s that load balancers keep theirs, so that it is they who close an idle connection.
  keepAliveTimeoutMs: 75_000,
  lingerBytes: 64 * MIB,
  lingerMs: 5_000,
}
