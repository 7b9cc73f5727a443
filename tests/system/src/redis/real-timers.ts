import type { ManualClock } from '@proxy/conformance'

/** A hand-moved time with timers that run by themselves: what waits for a server cannot be moved by hand. */
export function realTimers(clock: ManualClock): ManualClock {
  return {
    ...clock,
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs)
      timer.unref()
      return { cancel: () => clearTimeout(timer) }
    },
  }
}
