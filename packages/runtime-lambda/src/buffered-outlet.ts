import { Writable } from 'node:stream'
import type { ResponseHead } from '@proxy/core'
import { describeHead, type EventAnswer } from './events/event-answer.js'
import { describeAnswer } from './events/event-body.js'
import type { Front } from './events/front.js'
import type { Outlet } from './outlet.js'

export interface BufferedOutlet extends Outlet {
  /** Resolves to the whole answer, rejects when it was cut. */
  readonly answer: Promise<EventAnswer>
}

export interface BufferedOutletOptions {
  readonly front: Front | undefined
  /** Of the answer in JSON. */
  readonly maxBytes: number
  /** The answer is longer. */
  readonly onOverflow: () => void
  /** Whoever wrote the answer gave it up before its end. */
  readonly onBroken: () => void
}

/** Collects an answer. Until it is whole nothing of it has left, so that another one can still take its place. */
export function bufferedOutlet({ front, maxBytes, onOverflow, onBroken }: BufferedOutletOptions): BufferedOutlet {
  let sink: Writable | undefined
  let isDone = false
  let settle = (_answer: EventAnswer): void => undefined
  let fail = (_reason: Error): void => undefined
  const answer = new Promise<EventAnswer>((resolve, reject) => {
    settle = resolve
    fail = reject
  })
  const ended = answer.then(() => undefined)
  ended.catch(() => undefined)

  function cut(reason: Error): void {
    isDone = true
    fail(reason)
    sink?.destroy()
  }

  function open(head: ResponseHead): Writable {
    const chunks: Buffer[] = []
    let bytes = 0
    const own = new Writable({
      write(chunk: Buffer, _encoding, callback) {
        bytes += chunk.length
        if (bytes <= maxBytes) chunks.push(chunk)
        else if (own === sink && !isDone) onOverflow()
        callback()
      },
      final(callback) {
        if (own === sink && !isDone) {
          const whole = describeAnswer(describeHead(front, head), Buffer.concat(chunks), maxBytes)
          if (whole === undefined) onOverflow()
          else {
            isDone = true
            settle(whole)
          }
        }
        callback()
      },
      destroy(_error, callback) {
        callback(null)
        if (own === sink && !isDone) onBroken()
      },
    })
    sink = own
    return own
  }

  return {
    answer,
    ended,
    open,
    cut,
    get isOpen() {
      return sink !== undefined
    },
    reset() {
      if (isDone) return false
      const before = sink
      sink = undefined
      before?.destroy()
      return true
    },
  }
}
