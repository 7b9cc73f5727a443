import { Counter, Histogram, type Registry } from 'prom-client'
import { type CallTally, createCallTally, durationBounds } from './call-series.js'

const durationsName = 'proxy_call_duration_seconds'

/** Registers the figures of calls, filled in when somebody asks for them. */
export function callMetrics(registry: Registry): CallTally {
  const tally = createCallTally()
  new Counter({
    name: 'proxy_calls_total',
    help: 'Calls that have ended.',
    labelNames: ['dialect', 'app', 'status', 'code', 'outcome'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { dialect, app, counts } of tally.all) {
        for (const { status, code, outcome, calls } of counts) this.inc({ dialect, app, status, code, outcome }, calls)
      }
    },
  })
  registry.registerMetric(new TalliedHistogram(tally))
  return tally
}

interface Value {
  readonly metricName: string
  readonly labels: Record<string, string>
  /** Labels that prom-client joins to the others. */
  readonly sharedLabels: Record<string, string>
  readonly value: number
}

/** A histogram whose figures are counted elsewhere. */
class TalliedHistogram extends Histogram {
  readonly #tally: CallTally

  constructor(tally: CallTally) {
    super({
      name: durationsName,
      help: 'From the request head to the end of the answer.',
      labelNames: ['dialect', 'app'],
      registers: [],
    })
    this.#tally = tally
  }

  /** Where prom-client takes the figures from, for text and JSON alike. */
  async getForPromString(): Promise<object> {
    return { ...describe(this), values: this.#tally.all.flatMap(valuesOf) }
  }
}

/** The part of a metric that its texts show. */
function describe(histogram: object): object {
  const { name, help, type, aggregator } = histogram as Record<string, unknown>
  return { name, help, type, aggregator }
}

function valuesOf({ dialect, app, buckets, seconds }: CallTally['all'][number]): Value[] {
  const sharedLabels = { dialect, app }
  let below = 0
  const bounds = buckets.map((calls, index): Value => {
    below += calls
    const le = String(durationBounds[index] ?? '+Inf')
    return { metricName: `${durationsName}_bucket`, labels: { le }, sharedLabels, value: below }
  })
  return [
    ...bounds,
    { metricName: `${durationsName}_sum`, labels: {}, sharedLabels, value: seconds },
    { metricName: `${durationsName}_count`, labels: {}, sharedLabels, value: below },
  ]
}
