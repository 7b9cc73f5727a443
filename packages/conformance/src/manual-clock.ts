import type { Clock, Timer } from '@proxy/core'

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves time on by `ms` and runs every timer that is due on the way, each at its own time. */
  advance(ms: number): void
  /** Timers that wait. */
  readonly waiting: number
}

interface Entry extends Timer {
  readonly at: number
  readonly callback: () => void
}

/** Time for tests, from `startMs` (epoch milliseconds). */
export function manualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  const entries = new Set<Entry>()
  let time = startMs

  return {
    now: () => time,
    after(delayMs, callback) {
      const entry: Entry = {
        at: time + Math.max(0, delayMs),
        callback,
        cancel() {
          entries.delete(entry)
        },
      }
      entries.add(entry)
      return entry
    },
    advance(ms) {
      const end = time + ms
      for (let due = nextDue(end); due !== undefined; due = nextDue(end)) {
        entries.delete(due)
        time = Math.max(time, due.at)
        due.callback()
      }
      time = end
    },
    get waiting() {
      return entries.size
    },
  }

  /** The earliest timer until `end`; of several at one time the one set first. */
  function nextDue(end: number): Entry | undefined {
    let found: Entry | undefined
    for (const entry of entries) if (entry.at <= end && (found === undefined || entry.at < found.at)) found = entry
    return found
  }
}
