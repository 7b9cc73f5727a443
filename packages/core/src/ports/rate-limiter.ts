/** One limit to count against. Keys are injective: see `limitKey`. */
export interface Bucket {
  readonly key: string
  /**
   * What is counted together: the buckets of one call are all of one group, and a key is always of the same one. A store
   * that is spread over several servers keeps a group on one of them. Undefined is a group, too.
   */
  readonly group?: string
  /** Calls allowed in any window; a whole number of 1 or more. */
  readonly limit: number
  readonly windowMs: number
}

/** The figures of the tightest bucket. */
export interface Decision {
  readonly allowed: boolean
  readonly limit: number
  /** Calls left in the window, 0 when refused. */
  readonly remaining: number
  readonly windowMs: number
  /** Epoch milliseconds at which the tightest bucket is full again. */
  readonly resetAt: number
  /** Milliseconds to wait before the next call can pass; 0 when allowed. */
  readonly retryAfterMs: number
}

/** Counts a call in every bucket or in none, atomically over processes, in one round trip. */
export interface RateLimiter {
  /** No buckets: undefined. A refusal is a value; rejects only when it cannot know and was told to fail closed. */
  consume(buckets: readonly Bucket[]): Promise<Decision | undefined> | Decision | undefined
}
