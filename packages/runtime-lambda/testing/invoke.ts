import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { LambdaContext } from '../src/handler-options.js'
import type { StreamingHandler } from '../src/handler-types.js'
import type { LambdaPlatform, ResponseStream } from '../src/lambda-platform.js'

/** What the Node.js runtimes call `awslambda`, on a stream of this process. */
export const platform: LambdaPlatform = {
  streamifyResponse: (handler) => handler,
  HttpResponseStream: {
    from(stream, metadata) {
      stream.write(`${JSON.stringify(metadata)}\n`)
      return stream
    },
  },
}

export function contextWith(remainingMs: number): LambdaContext {
  return { getRemainingTimeInMillis: () => remainingMs }
}

export const functionUrlEvent = {
  version: '2.0',
  rawPath: '/a',
  rawQueryString: '',
  headers: { host: 'h' },
  requestContext: {
    domainName: 'x.lambda-url.eu-west-1.on.aws',
    stage: '$default',
    http: { method: 'GET', path: '/a', sourceIp: '192.0.2.1' },
  },
  isBase64Encoded: false,
}

export interface StreamedAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What the handler rejected with. */
  readonly failure: unknown
}

/** Runs a streaming handler to its end. */
export async function invokeStreaming(
  handler: StreamingHandler,
  event: unknown,
  context = contextWith(60_000),
): Promise<StreamedAnswer> {
  const stream = new PassThrough()
  const received = buffer(stream)
  let failure: unknown
  await handler(event, stream as ResponseStream, context).catch((error: unknown) => {
    failure = error
    stream.end()
  })
  const text = (await received).toString()
  const at = text.indexOf('\n')
  return { ...JSON.parse(text.slice(0, at)), body: text.slice(at + 1), failure }
}
