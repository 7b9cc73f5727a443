import type { Clock } from './ports/clock.js'

/** Resolves after `delayMs`. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })
}

/** Settles as `promise` does; undefined when that takes longer than `limitMs`. */
export function within<T>(clock: Clock, limitMs: number, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(limitMs, () => resolve(undefined))
    promise.then(resolve, reject).finally(() => timer.cancel())
  })
}
