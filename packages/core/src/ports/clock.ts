/** Time as the engine sees it, so that tests can move it by hand. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Runs `callback` once after `delayMs`, at most about 100 ms late. The timer alone does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer
}

export interface Timer {
  /** Does nothing when the timer has fired or was cancelled before. */
  cancel(): void
}
