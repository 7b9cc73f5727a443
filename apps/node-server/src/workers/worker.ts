import cluster from 'node:cluster'
import { createLogger, openState, parseConfig, withOpenedKeys } from '@proxy/composition'
import { systemClock } from '@proxy/core'
import { connectSharedState, processChannel } from '@proxy/storage-memory'
import type { ProcessSettings } from '../config.js'
import { createLogWriter, type LogWriter } from '../logging/log-writer.js'
import type { Running } from '../running.js'
import { startServer } from '../server.js'
import { flushMs, standardOutput, watchForBugs } from '../standard-output.js'
import { metricsClient } from './all-metrics.js'
import { creditLimiter } from './credit-limiter.js'
import { type ToFirst, type ToWorker, unwrap, type WorkerStart, wrap } from './messages.js'

/**
 * Stands by with the state of the first process and serves calls when it is told to, until it is told to drain, or the
 * first process is gone.
 */
export function runWorker({ variables, workers }: ProcessSettings): void {
  const send = (message: ToFirst, sent = (): void => undefined): void => void process.send?.(wrap(message), sent)
  const metrics = metricsClient(send)
  let serve = (): void => undefined
  const mayServe = new Promise<void>((resolve) => {
    serve = resolve
  })
  let drain = (): void => process.exit(0)
  const early: string[] = []
  let log: LogWriter['write'] = (line) => early.push(line)

  // Else Node ends it as soon as the first process is gone, over calls in flight.
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true
  // A terminal signals the whole group; what a signal means is the first process's to say.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined)
  process.on('disconnect', () => drain())
  process.on('message', (wrapped: unknown) => {
    void metrics.hear(wrapped)
    const message = unwrap<ToWorker>(wrapped)
    if (message?.log !== undefined) log(message.log)
    if (message?.drain) drain()
    if (message?.serve) serve()
    if (message?.start !== undefined) start(message.start).catch(fail)
  })

  send({ hello: true })

  function fail(error: unknown): void {
    send({ failed: error instanceof Error ? error.message : 'A worker could not start.' }, () => process.exit(1))
  }

  async function start({ configuration: { name, text }, logsAlone }: WorkerStart) {
    const config = await withOpenedKeys(parseConfig(text, name, variables), { onRetry: () => undefined })
    const writer = createLogWriter(standardOutput, { isShared: !logsAlone })
    for (const line of early) writer.write(line)
    log = writer.write
    const logger = createLogger(writer, config.logs.level)
    watchForBugs(logger, writer)
    const clock = systemClock()
    const channel = processChannel(process)
    const shared = { ...connectSharedState(channel, { clock }), rateLimiter: creditLimiter(channel, clock) }
    const state = await openState(config, { clock, processes: workers, shared })
    // The first process has waited for its own. Calls before the limiter's first answer would be counted here alone.
    await state.checks.rateLimiter?.().catch(() => undefined)
    let server: Running | undefined
    let isDraining = false
    drain = () => {
      if (isDraining) return
      isDraining = true
      void end()
    }
    send({ ready: {} })
    await mayServe
    if (isDraining) return
    server = await startServer({ config, state, clock, writer, logger, shareMetrics: metrics })
    send({ ready: { url: server.url } })

    async function end(): Promise<void> {
      await server?.drain()
      await state.close()
      await writer.flush(flushMs)
      process.exit(0)
    }
  }
}
