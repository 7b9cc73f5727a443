import { Readable, Writable } from 'node:stream'
import type { IncomingCall } from './ports/exchange.js'
import type { ApiProxy } from './proxy.js'

export interface FetchHandlerOptions {
  /** The peer's address of a request, for brute-force limits and logs. Default: unknown for all. */
  readonly remoteAddress?: (request: Request) => string
}

const bodyless = new Set([204, 205, 304])

/**
 * The engine as a fetch-style handler for custom hosts. `Request` normalizes its URL (dot segments, some escapes), so
 * a host that needs the target byte for byte uses a runtime package instead.
 * @example
 * export default { fetch: toFetchHandler(proxy) }
 */
export function toFetchHandler(
  proxy: ApiProxy,
  options: FetchHandlerOptions = {},
): (request: Request) => Promise<Response> {
  return (request) =>
    new Promise((resolve, reject) => {
      const call = toCall(request, options.remoteAddress?.(request) ?? 'unknown')
      let isOpen = false
      const handled = proxy.handle(call, (head) => {
        isOpen = true
        const headers = new Headers()
        for (let index = 0; index < head.headers.length; index += 2) {
          headers.append(head.headers[index] as string, head.headers[index + 1] as string)
        }
        const noBody = request.method === 'HEAD' || bodyless.has(head.status)
        const { readable, writable } = passThrough()
        resolve(new Response(noBody ? null : readable, { status: head.status, headers }))
        return noBody ? drain() : writable
      })
      handled.then(() => {
        if (!isOpen) reject(request.signal.reason ?? new Error('The proxy gave no answer.'))
      }, reject)
    })
}

function toCall(request: Request, remoteAddress: string): IncomingCall {
  const url = new URL(request.url)
  const headers: string[] = []
  for (const [name, value] of request.headers) headers.push(name, value)
  return {
    method: request.method,
    target: url.pathname + url.search,
    headers,
    body: bodyOf(request),
    remoteAddress,
    onCallerLeft(listener) {
      if (request.signal.aborted) listener()
      else request.signal.addEventListener('abort', listener, { once: true })
    },
  }
}

function bodyOf({ body }: Request): Readable | undefined {
  if (body === null) return undefined
  const stream = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])
  // A body can break while nobody reads it, such as that of a call which was refused.
  return stream.on('error', () => undefined)
}

/** A web stream for the answer with a Node writable at its other end: backpressure both ways, a cut is an error. */
function passThrough(): { readable: ReadableStream<Uint8Array>; writable: Writable } {
  let controller: ReadableStreamDefaultController<Uint8Array>
  let wake: (() => void) | undefined
  const readable = new ReadableStream<Uint8Array>(
    {
      start(created) {
        controller = created
      },
      pull() {
        wake?.()
        wake = undefined
      },
      cancel() {
        writable.destroy()
      },
    },
    { highWaterMark: 64 * 1024, size: (chunk) => chunk?.byteLength ?? 0 },
  )
  let ended = false
  const writable = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      controller.enqueue(chunk)
      if ((controller.desiredSize ?? 0) > 0) callback()
      else wake = () => callback()
    },
    final(callback) {
      ended = true
      controller.close()
      callback()
    },
    destroy(error, callback) {
      wake = undefined
      if (!ended) {
        try {
          controller.error(error ?? new Error('The upstream ended its answer early.'))
        } catch {
          // The reader has cancelled; there is nobody left to tell.
        }
      }
      callback(error)
    },
  })
  return { readable, writable }
}

function drain(): Writable {
  return new Writable({
    write(_chunk, _encoding, callback) {
      callback()
    },
  })
}
