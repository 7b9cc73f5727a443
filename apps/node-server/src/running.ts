/** A server that serves, in one process or in several. */
export interface Running {
  readonly url: string
  /** Ends what is in flight within the budget. Resolves when nothing is served any more. */
  drain(): Promise<void>
  /** Ends other processes at once; this one is about to exit. */
  kill(): void
}
