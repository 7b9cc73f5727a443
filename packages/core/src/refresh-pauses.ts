import type { Account } from './account.js'
import type { Clock } from './ports/clock.js'
import { haveSameGrant } from './renewed-account.js'

const firstPauseMs = 1_000
const longestPauseMs = 60_000
/** A vendor that asks for more than this is asked again all the same. */
const longestRetryAfterMs = 3_600_000
const sweptFrom = 1_000

interface Pause {
  readonly until: number
  /** Doubles with every failure. */
  readonly delayMs: number
  readonly account: Account
}

/** Which accounts are not to be renewed for the moment, so that a failing vendor is not asked by every call. */
export interface RefreshPauses {
  /** Milliseconds that are left; 0 for none, and for an account that got a new grant since. */
  left(key: string, account: Account): number
  /** A failed refresh: longer with each, with jitter, and at least as long as the vendor asks for. */
  afterFailure(key: string, account: Account, retryAfterMs: number | undefined): void
  end(key: string): void
}

export function createRefreshPauses(clock: Pick<Clock, 'now'>, random: () => number): RefreshPauses {
  const pauses = new Map<string, Pause>()

  /** What ended a long pause ago counts no more. */
  function sweep(): void {
    for (const [key, { until }] of pauses) if (until + longestPauseMs < clock.now()) pauses.delete(key)
  }

  return {
    left(key, account) {
      const pause = pauses.get(key)
      const left = pause === undefined ? 0 : pause.until - clock.now()
      return pause !== undefined && left > 0 && haveSameGrant(pause.account, account) ? left : 0
    },
    afterFailure(key, account, retryAfterMs = 0) {
      const before = pauses.get(key)
      const delayMs = before === undefined ? firstPauseMs : Math.min(before.delayMs * 2, longestPauseMs)
      const waitMs = Math.max(delayMs * (0.5 + random() / 2), Math.min(retryAfterMs, longestRetryAfterMs))
      if (pauses.size >= sweptFrom) sweep()
      pauses.set(key, { until: clock.now() + waitMs, delayMs, account })
    },
    end(key) {
      pauses.delete(key)
    },
  }
}
