import type { AttemptEvent, Hook } from '@proxy/core'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { callMetrics } from './call-metrics.js'

export interface Metrics {
  readonly registry: Registry
  readonly hook: Hook
}

export interface MetricsSources {
  /** Open connections of callers. */
  connections(): number
  droppedLogLines(): number
}

const loopLookMs = 100

/** Prometheus metrics. Labels come from closed sets: dialects, apps of the configuration, status classes, codes. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: loopLookMs })
  const registers = [registry]
  const calls = callMetrics(registry)
  const refreshes = new Counter({
    name: 'proxy_credential_refreshes_total',
    help: 'Refreshes of account credentials.',
    labelNames: ['app', 'outcome'],
    registers,
  })
  const retries = new Counter({
    name: 'proxy_retries_total',
    help: 'Attempts that were followed by another.',
    labelNames: ['dialect', 'app', 'reason'],
    registers,
  })
  const retryWaits = new Counter({
    name: 'proxy_retry_wait_seconds_total',
    help: 'Time that calls were made to wait between attempts.',
    labelNames: ['dialect', 'app'],
    registers,
  })
  const degraded = new Gauge({
    name: 'proxy_part_degraded',
    help: '1 while a part works with less than it should.',
    labelNames: ['part'],
    registers,
  })
  new Gauge({
    name: 'proxy_connections',
    help: 'Open connections of callers.',
    registers,
    collect() {
      this.set(sources.connections())
    },
  })
  new Counter({
    name: 'proxy_log_lines_dropped_total',
    help: 'Log lines that nobody read in time.',
    registers,
    collect() {
      this.reset()
      this.inc(sources.droppedLogLines())
    },
  })

  /** By the status that made it needed, or by the code of a connection that failed. */
  function countRetry({ dialect, app = 'none', status, code, waitMs }: AttemptEvent): void {
    const isOwnReason = status === 401 || status === 429
    const reason =
      status === undefined ? (code ?? 'none') : isOwnReason ? String(status) : `${Math.floor(status / 100)}xx`
    retries.inc({ dialect, app, reason })
    retryWaits.inc({ dialect, app }, waitMs / 1_000)
  }

  return {
    registry,
    hook: (event) => {
      switch (event.type) {
        case 'call':
          calls.count(event)
          break
        case 'attempt':
          countRetry(event)
          break
        case 'refresh':
          refreshes.inc({ app: event.app, outcome: event.outcome })
          break
        case 'part':
          degraded.set({ part: event.part }, event.state === 'ok' ? 0 : 1)
          break
      }
    },
  }
}
