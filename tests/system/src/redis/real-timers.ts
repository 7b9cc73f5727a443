import type { Clock } from '@proxy/core'

/** A hand-moved time with timers that run by themselves: what waits for a server cannot be moved by hand. */
export function realTimers(clock: Clock): Clock {
  return {
    now: clock.now,
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs)
      timer.unref()
      return { cancel: () => clearTimeout(timer) }
    },
  }
}
