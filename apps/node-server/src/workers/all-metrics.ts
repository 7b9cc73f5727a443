import type { Worker } from 'node:cluster'
import { AggregatorRegistry, Registry } from 'prom-client'
import { type ToFirst, type ToWorker, unwrap, wrap } from './messages.js'

const answerWithinMs = 2_000

/** Adds up the metrics of the workers that answer in time. */
export function metricsCollector(workers: () => readonly Worker[]) {
  let last = 0
  const waiting = new Map<number, (metrics: readonly object[]) => void>()

  function collectFrom(worker: Worker): Promise<readonly object[]> {
    last += 1
    const number = last
    return new Promise((resolve) => {
      const giveUp = (): void => settle([])
      const timer = setTimeout(giveUp, answerWithinMs)
      worker.once('exit', giveUp)
      const settle = (metrics: readonly object[]): void => {
        clearTimeout(timer)
        worker.off('exit', giveUp)
        waiting.delete(number)
        resolve(metrics)
      }
      waiting.set(number, settle)
      worker.send(wrap<ToWorker>({ collect: number }), () => undefined)
    })
  }

  return {
    /** Takes the workers' questions and answers. */
    async hear(worker: Worker, wrapped: unknown): Promise<void> {
      const message = unwrap<ToFirst>(wrapped)
      if (message?.collected !== undefined) waiting.get(message.collected.number)?.(message.collected.metrics)
      if (message?.ask === undefined) return
      const collected = await Promise.all(workers().map(collectFrom))
      const text = await AggregatorRegistry.aggregate(collected.map((metrics) => [...metrics])).metrics()
      worker.send(wrap<ToWorker>({ metrics: { number: message.ask, text } }), () => undefined)
    },
  }
}

/** A worker's side: gives its own metrics when asked, and asks for those of all. */
export function metricsClient(send: (message: ToFirst) => void) {
  let last = 0
  let own = new Registry()
  const waiting = new Map<number, (text: string) => void>()

  return {
    register(registry: Registry): void {
      own = registry
    },
    async hear(wrapped: unknown): Promise<void> {
      const message = unwrap<ToWorker>(wrapped)
      if (message?.metrics !== undefined) waiting.get(message.metrics.number)?.(message.metrics.text)
      if (message?.collect === undefined) return
      const metrics = await own.getMetricsAsJSON()
      send({ collected: { number: message.collect, metrics } })
    },
    all(): Promise<string> {
      last += 1
      const number = last
      return new Promise((resolve) => {
        waiting.set(number, (text) => {
          waiting.delete(number)
          resolve(text)
        })
        send({ ask: number })
      })
    },
  }
}
