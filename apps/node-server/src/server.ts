import {
  type Config,
  composeProxy,
  describeFault,
  joinParts,
  logHook,
  readinessOf,
  type State,
  withOperations,
} from '@proxy/composition'
import type { Clock } from '@proxy/core'
import type { NodeServer } from '@proxy/runtime-node'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { listenAs } from './listen-as.js'
import type { LogWriter } from './logging/log-writer.js'
import { createMetrics } from './metrics/metrics.js'
import type { Running } from './running.js'
import { growYoungGeneration } from './young-generation.js'

export interface ServerParts {
  readonly config: Config
  readonly state: State
  readonly clock: Clock
  readonly writer: LogWriter
  readonly logger: Logger
  /** The metrics of all processes together, when there are several. */
  readonly shareMetrics?: { register(own: Registry): void; all(): Promise<string> }
}

const faultLogEveryMs = 1_000

/** One process that serves calls: proxy, operations, logs and metrics behind one port. */
export async function startServer(parts: ServerParts): Promise<Running> {
  const { config, state, clock, writer, logger } = parts
  let isDraining = false
  let server: NodeServer | undefined
  const metrics = createMetrics({
    connections: () => server?.connections ?? 0,
    droppedLogLines: () => writer.dropped,
  })
  parts.shareMetrics?.register(metrics.registry)
  const log = logHook(writer, logger, config.logs)
  const proxy = composeProxy(config, state, clock, [log, metrics.hook])
  const logPart = joinParts(log, clock)
  const logRefusal = oncePerSecond((text: string, more) => logger.error({ more }, text))
  state.events.listen({
    onPart(event) {
      logPart(event)
      metrics.hook(event)
    },
    onRefusal: logRefusal,
  })
  const handler = withOperations(proxy, {
    metrics: config.metrics.enabled
      ? {
          contentType: metrics.registry.contentType,
          text: () => parts.shareMetrics?.all() ?? metrics.registry.metrics(),
          token: config.metrics.token,
        }
      : undefined,
    isDraining: () => isDraining,
    parts: readinessOf(state),
  })
  server = await listenAs(config, handler, proxy.describeError, faultLog(logger))
  growYoungGeneration()
  return {
    url: server.url,
    kill: () => undefined,
    async drain() {
      isDraining = true
      await new Promise((resolve) => setTimeout(resolve, config.server.drainDelay))
      await server.drain()
      await proxy.close()
    },
  }
}

/** Faults of the system come in floods, such as a refused `accept` for each connection: one line a second is enough. */
function faultLog(logger: Logger): (fault: unknown) => void {
  return oncePerSecond((fault, more) => logger.error({ fault: describeFault(fault), more }, 'fault'))
}

/** Tells the first of a second, and how many were not told before it. */
function oncePerSecond<T>(tell: (what: T, more: number) => void): (what: T) => void {
  let quietUntil = 0
  let untold = 0
  return (what) => {
    const now = performance.now()
    if (now < quietUntil) {
      untold += 1
      return
    }
    quietUntil = now + faultLogEveryMs
    tell(what, untold)
    untold = 0
  }
}
