import { expect } from 'vitest'
import { startRawUpstream } from '../engine/raw-upstream.js'
import { keepAliveCallers, type QuickAnswer } from './callers.js'
import { startTown, type Town, type TownOptions } from './town.js'

/** The same inputs in every run. */
export const runs = (numRuns: number) => ({ seed: 20_240_607, numRuns })

export interface Sent {
  readonly answer: QuickAnswer
  /** The head that the upstream saw; undefined when it saw none. */
  readonly head: string | undefined
}

/** A town whose upstream says `ok` to everything, and one caller. */
export interface PropertyBench {
  readonly town: Town
  /** Heads that the upstream has seen. */
  readonly heads: readonly string[]
  /** One call; fails unless the upstream saw one request of a call that was answered with 200, and none of others. */
  send(path: string, headers?: readonly string[], bearer?: string): Promise<Sent>
  stop(): Promise<void>
}

export async function startPropertyBench(options: Omit<TownOptions, 'upstreamPort'> = {}): Promise<PropertyBench> {
  const upstream = await startRawUpstream()
  upstream.script = (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  const town = await startTown({ ...options, upstreamPort: upstream.port })
  const callers = keepAliveCallers(town.server.port, 1)
  return {
    town,
    heads: upstream.heads,
    async send(path, headers = [], bearer = town.key) {
      const before = upstream.heads.length
      const answer = await callers.send({ path, headers: ['Authorization', `Bearer ${bearer}`, ...headers] })
      expect(upstream.heads.length - before).toBe(answer.status === 200 ? 1 : 0)
      return { answer, head: answer.status === 200 ? upstream.heads.at(-1) : undefined }
    },
    async stop() {
      callers.close()
      await town.server.stop()
      await upstream.stop()
    },
  }
}

export function expectRefused({ answer }: Sent, code: string): void {
  expect([answer.status, (JSON.parse(answer.body) as { code: string }).code]).toEqual([400, code])
}
