import cluster, { type Worker } from 'node:cluster'
import type { State } from '@proxy/composition'
import { processChannel, type StateHub } from '@proxy/storage-memory'
import type { Logger } from 'pino'
import type { Running } from '../running.js'
import { metricsCollector } from './all-metrics.js'
import { serveCredits } from './credit-bank.js'
import { type ToFirst, type ToWorker, unwrap, wrap } from './messages.js'

export interface WorkersOptions {
  readonly count: number
  readonly configuration: { readonly name: string; readonly text: string }
  readonly state: State
  readonly hub: StateHub
  readonly logger: Logger
  /** What the workers get to drain; beyond it they are killed. */
  readonly drainWithinMs: number
}

const restartAfterMs = 1_000

/**
 * Starts the processes that serve calls, each with the state of this one, and replaces those that end. Rejects when the
 * first ones cannot start.
 */
export async function startWorkers(options: WorkersOptions): Promise<Running> {
  const { count, configuration, state, hub, logger, drainWithinMs } = options
  let isEnding = false
  const living = new Set<Worker>()
  const collector = metricsCollector(() => [...living])

  function start(): Promise<string> {
    const worker = cluster.fork()
    living.add(worker)
    const channel = processChannel(worker)
    hub.serve(channel, state)
    serveCredits(channel, state.rateLimiter, count)
    worker.on('message', (message: unknown) => void collector.hear(worker, message))
    return new Promise((resolve, reject) => {
      worker.on('message', (wrapped: unknown) => {
        const message = unwrap<ToFirst>(wrapped)
        if (message?.hello) worker.send(wrap<ToWorker>({ start: configuration }))
        if (message?.ready !== undefined) resolve(message.ready.url)
        if (message?.failed !== undefined) reject(new Error(message.failed))
      })
      worker.once('exit', (status, signal) => {
        living.delete(worker)
        reject(new Error(`A worker ended with ${signal ?? status}.`))
        if (!isEnding) replace(worker, signal ?? status)
      })
    })
  }

  function replace(worker: Worker, reason: string | number): void {
    logger.error({ pid: worker.process.pid, reason }, 'a worker ended')
    setTimeout(() => {
      if (!isEnding) start().catch(() => undefined) // its end is told by the line above
    }, restartAfterMs)
  }

  function kill(): void {
    isEnding = true
    for (const worker of living) worker.process.kill('SIGKILL')
  }

  try {
    const [url = ''] = await Promise.all(Array.from({ length: count }, start))
    return {
      url,
      kill,
      async drain() {
        isEnding = true
        const late = setTimeout(kill, drainWithinMs)
        await Promise.all([...living].map(drainWorker))
        clearTimeout(late)
      },
    }
  } catch (error) {
    kill()
    throw error
  }
}

function drainWorker(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.once('exit', () => resolve())
    worker.send(wrap<ToWorker>({ drain: true }), () => undefined)
    if (worker.isDead()) resolve()
  })
}
