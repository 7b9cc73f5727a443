import { Writable } from 'node:stream'
import type { ResponseHead } from '@proxy/core'
import { describeHead } from './events/event-answer.js'
import type { Front } from './events/front.js'
import type { LambdaPlatform, ResponseStream } from './lambda-platform.js'
import type { Outlet } from './outlet.js'

export interface StreamedOutletOptions {
  readonly platform: LambdaPlatform
  readonly stream: ResponseStream
  readonly front: Front | undefined
  readonly maxBytes: number
  readonly onOverflow: () => void
  /** The platform closed the stream: nobody reads the answer. */
  readonly onClosed: () => void
}

/** Sends an answer as it comes, as fast as the platform takes it. */
export function streamedOutlet(options: StreamedOutletOptions): Outlet {
  const { platform, stream, front, maxBytes, onOverflow, onClosed } = options
  let sink: Writable | undefined
  let isDone = false
  let settle = (): void => undefined
  let fail = (_reason: Error): void => undefined
  const ended = new Promise<void>((resolve, reject) => {
    settle = resolve
    fail = reject
  })
  ended.catch(() => undefined)

  const closed = (): void => {
    if (isDone) return
    cut(new Error('The platform closed the stream of the answer.'))
    onClosed()
  }
  stream.on('close', closed)
  stream.on('error', closed)

  function cut(reason: Error): void {
    isDone = true
    fail(reason)
    sink?.destroy()
  }

  function open(head: ResponseHead): Writable {
    const out = platform.HttpResponseStream.from(stream, describeHead(front, head))
    // The head goes out with the first write, and an answer without a body has none.
    out.write('')
    let bytes = 0
    const own = new Writable({
      highWaterMark: 64 * 1024,
      write(chunk: Buffer, _encoding, callback) {
        bytes += chunk.length
        if (bytes > maxBytes) {
          onOverflow()
          callback()
        } else if (out.write(chunk)) callback()
        else out.once('drain', () => callback())
      },
      final(callback) {
        isDone = true
        out.end(() => settle())
        callback()
      },
      destroy(error, callback) {
        if (!isDone) cut(error ?? new Error('The answer was cut.'))
        callback(null)
      },
    })
    sink = own
    return own
  }

  return {
    ended,
    open,
    cut,
    get isOpen() {
      return sink !== undefined
    },
    reset: () => sink === undefined && !isDone,
  }
}
