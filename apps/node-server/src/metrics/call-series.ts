import type { CallEvent } from '@proxy/core'

/** Upper bounds in seconds; one more bucket takes what is longer. */
export const durationBounds = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const

export interface CallCount {
  readonly status: string
  readonly code: string
  readonly outcome: string
  calls: number
}

/** What is counted of the calls of one app through one dialect. */
export interface CallSeries {
  readonly dialect: string
  readonly app: string
  readonly counts: readonly CallCount[]
  /** Calls by bound, each counted once; the last entry is beyond all bounds. */
  readonly buckets: readonly number[]
  readonly seconds: number
}

interface OpenSeries extends CallSeries {
  readonly counts: CallCount[]
  readonly buckets: number[]
  seconds: number
}

export interface CallTally {
  count(event: CallEvent): void
  readonly all: readonly CallSeries[]
}

/**
 * Counts calls. prom-client makes and hashes label objects for every observation, which costs more than a microsecond a
 * call; here they are made when somebody asks.
 */
export function createCallTally(): CallTally {
  const all: OpenSeries[] = []
  const byDialect = new Map<string, Map<string, OpenSeries>>()

  function seriesOf(dialect: string, app: string): OpenSeries {
    let byApp = byDialect.get(dialect)
    if (byApp === undefined) {
      byApp = new Map()
      byDialect.set(dialect, byApp)
    }
    let series = byApp.get(app)
    if (series === undefined) {
      series = { dialect, app, counts: [], buckets: new Array<number>(durationBounds.length + 1).fill(0), seconds: 0 }
      byApp.set(app, series)
      all.push(series)
    }
    return series
  }

  return {
    all,
    count({ dialect = 'none', app = 'none', status, code = 'none', outcome, durationMs }) {
      const series = seriesOf(dialect, app)
      const seconds = durationMs / 1_000
      let bucket = 0
      while (bucket < durationBounds.length && seconds > (durationBounds[bucket] ?? 0)) bucket += 1
      series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1
      series.seconds += seconds
      countOf(series, statusClass(status), code, outcome).calls += 1
    },
  }
}

/** A handful for each app, the most frequent one first in all likelihood. */
function countOf({ counts }: OpenSeries, status: string, code: string, outcome: string): CallCount {
  for (const count of counts) {
    if (count.status === status && count.code === code && count.outcome === outcome) return count
  }
  const count = { status, code, outcome, calls: 0 }
  counts.push(count)
  return count
}

const classes = ['none', '1xx', '2xx', '3xx', '4xx', '5xx']

function statusClass(status: number): string {
  return classes[Math.floor(status / 100)] ?? 'none'
}
