import type { Clock, Timer } from './ports/clock.js'

const tickMs = 50
/** A process that was stopped for longer than this counts as stopped, not as waiting: its deadlines do not fire in a burst. */
const longestGapTicks = 6

/**
 * A deadline, linked into the ring of its tick. Almost all are cancelled within milliseconds; a `Set` under that churn
 * leaves a trail of old tables that costs the garbage collector more than the deadlines themselves.
 */
class Deadline implements Timer {
  before: Deadline = this
  after: Deadline = this
  callback: (() => void) | undefined

  constructor(callback: (() => void) | undefined) {
    this.callback = callback
  }

  cancel(): void {
    this.callback = undefined
    this.before.after = this.after
    this.after.before = this.before
    this.before = this
    this.after = this
  }

  /** Links `other` in front of this one. */
  add(other: Deadline): void {
    other.before = this.before
    other.after = this
    this.before.after = other
    this.before = other
  }
}

/** One coarse timer wheel for all deadlines: adding and cancelling cost a few assignments, not a timer. */
export function systemClock(): Clock {
  /** Tick to the ring of its deadlines; the ring's head has no callback. */
  const wheel = new Map<number, Deadline>()
  let currentTick = 0
  let lastTickAt = 0
  let interval: NodeJS.Timeout | undefined

  function advance(): void {
    const elapsed = Math.floor((performance.now() - lastTickAt) / tickMs)
    lastTickAt += elapsed * tickMs
    for (let step = Math.min(elapsed, longestGapTicks); step > 0; step--) {
      currentTick++
      const ring = wheel.get(currentTick)
      if (ring === undefined) continue
      wheel.delete(currentTick)
      fire(ring)
    }
    if (wheel.size === 0) {
      clearInterval(interval)
      interval = undefined
    }
  }

  return {
    now: Date.now,
    after(delayMs, callback) {
      if (interval === undefined) {
        lastTickAt = performance.now()
        interval = setInterval(advance, tickMs)
        interval.unref()
      }
      const tick = currentTick + Math.max(1, Math.ceil(delayMs / tickMs)) + 1
      let ring = wheel.get(tick)
      if (ring === undefined) {
        ring = new Deadline(undefined)
        wheel.set(tick, ring)
      }
      const deadline = new Deadline(callback)
      ring.add(deadline)
      return deadline
    },
  }
}

function fire(ring: Deadline): void {
  for (let due = ring.after; due !== ring; due = ring.after) {
    const { callback } = due
    due.cancel()
    callback?.()
  }
}
