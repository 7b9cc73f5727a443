import { PassThrough } from 'node:stream'
import type { BufferedHandler, LambdaPlatform, ResponseStream, StreamingHandler } from '@proxy/runtime-lambda'
import type { Invoke } from '../fronts/invoke.js'

/** What the Node.js runtimes call `awslambda`, on a stream of this process. */
export const platform: LambdaPlatform = {
  streamifyResponse: (handler) => handler,
  HttpResponseStream: {
    from(stream, metadata) {
      stream.write(JSON.stringify(metadata))
      stream.write(Buffer.alloc(8))
      return stream
    },
  },
}

function contextFor(timeoutMs: number): { getRemainingTimeInMillis(): number } {
  const deadline = Date.now() + timeoutMs
  return { getRemainingTimeInMillis: () => deadline - Date.now() }
}

export function invokeBuffered(handler: BufferedHandler, timeoutMs = 60_000): Invoke {
  return async (event) => ({
    kind: 'buffered',
    payload: Buffer.from(JSON.stringify(await handler(event, contextFor(timeoutMs)))),
  })
}

export function invokeStreaming(handler: StreamingHandler, timeoutMs = 60_000): Invoke {
  return async (event) => {
    const stream = new PassThrough()
    handler(event, stream as ResponseStream, contextFor(timeoutMs)).catch((error: Error) => stream.destroy(error))
    return { kind: 'streamed', stream }
  }
}
