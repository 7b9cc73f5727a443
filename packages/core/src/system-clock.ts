import type { Clock, Timer } from './ports/clock.js'

const tickMs = 50
/** A process that was stopped for longer than this counts as stopped, not as waiting: its deadlines do not fire in a burst. */
const longestGapTicks = 6

interface Entry extends Timer {
  readonly bucket: Set<Entry>
  readonly callback: () => void
}

/** One coarse timer wheel for all deadlines: adding and cancelling cost a set operation, not a timer. */
export function systemClock(): Clock {
  const wheel = new Map<number, Set<Entry>>()
  let currentTick = 0
  let lastTickAt = 0
  let entryCount = 0
  let interval: NodeJS.Timeout | undefined

  function advance(): void {
    const elapsed = Math.floor((performance.now() - lastTickAt) / tickMs)
    lastTickAt += elapsed * tickMs
    for (let step = Math.min(elapsed, longestGapTicks); step > 0; step--) {
      currentTick++
      const due = wheel.get(currentTick)
      if (due === undefined) continue
      wheel.delete(currentTick)
      for (const entry of due) {
        due.delete(entry)
        entryCount--
        entry.callback()
      }
    }
    if (entryCount === 0) {
      clearInterval(interval)
      interval = undefined
      wheel.clear()
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
      let bucket = wheel.get(tick)
      if (bucket === undefined) {
        bucket = new Set()
        wheel.set(tick, bucket)
      }
      const entry: Entry = {
        bucket,
        callback,
        cancel() {
          if (this.bucket.delete(this)) entryCount--
        },
      }
      bucket.add(entry)
      entryCount++
      return entry
    },
  }
}
