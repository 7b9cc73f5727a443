import type { LineSink } from '@proxy/composition'
import type { CallEvent, Hook, ProxyEvent } from '@proxy/core'

const namespace = 'ApiProxy'

const callMetrics = [
  { Name: 'Calls', Unit: 'Count' },
  { Name: 'Faults', Unit: 'Count' },
  { Name: 'UpstreamFailures', Unit: 'Count' },
  { Name: 'Duration', Unit: 'Milliseconds' },
]
const retryMetrics = [{ Name: 'Retries', Unit: 'Count' }]
const refreshMetrics = [
  { Name: 'Refreshes', Unit: 'Count' },
  { Name: 'FailedRefreshes', Unit: 'Count' },
]

/**
 * Metrics as log lines in CloudWatch's embedded metric format: no agent, no connection and no flush. Dimensions come
 * from closed sets, the dialects and the apps of the configuration.
 */
export function emfHook(sink: LineSink): Hook {
  return (event) => {
    const line = describe(event)
    if (line !== undefined) sink.write(`${JSON.stringify(line)}\n`)
  }
}

function describe(event: ProxyEvent): object | undefined {
  switch (event.type) {
    case 'call':
      return emf(callMetrics, event, {
        Calls: 1,
        Faults: isFault(event) ? 1 : 0,
        UpstreamFailures: event.outcome === 'upstream-failed' ? 1 : 0,
        Duration: Math.round(event.durationMs * 100) / 100,
      })
    case 'attempt':
      return emf(retryMetrics, event, { Retries: 1 })
    case 'refresh':
      return emf(
        refreshMetrics,
        { app: event.app, dialect: undefined },
        { Refreshes: 1, FailedRefreshes: event.outcome === 'refreshed' ? 0 : 1 },
      )
    default:
      return undefined
  }
}

/** Of the proxy itself or its store: what an operator has to look at. */
function isFault({ status, outcome }: CallEvent): boolean {
  return status === 500 || status === 503 || (outcome === 'cut' && status < 500)
}

interface Series {
  readonly app?: string | undefined
  readonly dialect?: string | undefined
}

function emf(metrics: readonly object[], { app = 'none', dialect = 'none' }: Series, values: object): object {
  return {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[], ['app', 'dialect']], Metrics: metrics }],
    },
    app,
    dialect,
    ...values,
  }
}
