import cluster, { type Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import type { State } from '@proxy/composition'
import { processChannel, type StateHub } from '@proxy/storage-memory'
import type { Logger } from 'pino'
import type { RoutedWriter } from '../logging/routed-writer.js'
import type { Running } from '../running.js'
import { metricsCollector } from './all-metrics.js'
import { serveCredits } from './credit-bank.js'
import { type ToFirst, type ToWorker, unwrap, type WorkerStart, wrap } from './messages.js'
import { usableCores } from './usable-cores.js'

export interface WorkersOptions {
  readonly count: number
  readonly configuration: WorkerStart['configuration']
  readonly state: State
  readonly hub: StateHub
  readonly writer: RoutedWriter
  readonly logger: Logger
  /** What the workers get to drain; beyond it they are killed. */
  readonly drainWithinMs: number
}

const restartAfterMs = 500
/** When one after the other cannot start. */
const restartAfterMostMs = 30_000

/**
 * Starts the processes that serve calls, each with the state of this one, and replaces those that end. No more of them
 * serve than there are cores, as they would only take the caches from each other: the rest stands by. Rejects when the
 * first ones cannot start.
 */
export async function startWorkers(options: WorkersOptions): Promise<Running> {
  const { count, configuration, state, hub, writer, logger, drainWithinMs } = options
  const toServe = Math.min(count, usableCores())
  const logsAlone = toServe === 1
  let isEnding = false
  let isReplacing = false
  const living = new Set<Worker>()
  const serving = new Set<Worker>()
  const standingBy = new Set<Worker>()
  const collector = metricsCollector(() => [...serving])

  /** Resolves with the address once it serves, with nothing once it stands by. */
  function start(): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      const worker = cluster.fork()
      let failure: string | undefined
      living.add(worker)
      worker.on('message', (wrapped: unknown) => {
        const message = unwrap<ToFirst>(wrapped)
        if (message?.hello) greet(worker)
        const url = message?.ready?.url
        if (message?.ready !== undefined && (url !== undefined || standingBy.has(worker))) resolve(url)
        if (message?.failed !== undefined) {
          failure = message.failed
          reject(new Error(failure))
        }
      })
      worker.once('exit', (status, signal) => ended(failure ?? signal ?? status))
      worker.on('error', (error: Error & { readonly code?: string }) => {
        // The system could not start it (out of descriptors, say), and no exit follows.
        if (worker.process.pid === undefined) ended(error.code ?? error.name)
      })

      function ended(reason: string | number): void {
        if (logsAlone && serving.has(worker)) writer.route(undefined)
        for (const group of [living, serving, standingBy]) group.delete(worker)
        reject(new Error(`A worker ended with ${reason}.`))
        if (isEnding) return
        callUp()
        logger.error({ pid: worker.process.pid, reason }, 'a worker ended')
        void replace()
      }
    })
  }

  function greet(worker: Worker): void {
    // It may have been asked to drain already, which was lost.
    worker.send(wrap<ToWorker>(isEnding ? { drain: true } : { start: { configuration, logsAlone } }), () => undefined)
    if (isEnding) return
    const channel = processChannel(worker)
    hub.serve(channel, state)
    serveCredits(channel, state.rateLimiter, count)
    worker.on('message', (message: unknown) => void collector.hear(worker, message))
    standingBy.add(worker)
    callUp()
  }

  function callUp(): void {
    for (const worker of standingBy) {
      if (serving.size === toServe) return
      standingBy.delete(worker)
      serving.add(worker)
      worker.send(wrap<ToWorker>({ serve: true }), () => undefined)
      if (logsAlone) writer.route((line) => log(worker, line))
    }
  }

  function log(worker: Worker, line: string): void {
    worker.send(wrap<ToWorker>({ log: line }), (error: Error | null) => {
      if (error === null) return
      writer.route(undefined) // it is gone
      writer.write(line)
    })
  }

  /** One after the other, so that the first of them serves soon, and less often while none can start. */
  async function replace(): Promise<void> {
    if (isReplacing) return
    isReplacing = true
    let pauseMs = restartAfterMs
    await sleep(pauseMs)
    while (!isEnding && living.size < count) {
      try {
        await start()
        pauseMs = restartAfterMs
      } catch {
        await sleep(pauseMs) // why is told where it ended
        pauseMs = Math.min(2 * pauseMs, restartAfterMostMs)
      }
    }
    isReplacing = false
  }

  function kill(): void {
    isEnding = true
    for (const worker of living) worker.process.kill('SIGKILL')
  }

  try {
    const urls = await Promise.all(Array.from({ length: count }, start))
    if (toServe < count)
      logger.warn({ workers: count, serving: toServe }, 'more workers than cores: the rest stands by')
    return {
      url: urls.find((url) => url !== undefined) ?? '',
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
