/** Exclusive work on one key across processes. */
export interface Lease {
  readonly key: string
  /** Grows with every grant of the key; a write with an older token is stale. */
  readonly fencingToken: number
  /** Extends the lease by its duration; false when it was lost (expired, taken over). */
  renew(): Promise<boolean>
  /** Gives it up; does nothing when it was lost. */
  release(): Promise<void>
}

export interface LeaseStore {
  /** Undefined when somebody else holds the key. `durationMs` is the life without renewal. */
  acquire(key: string, durationMs: number): Promise<Lease | undefined>
}
