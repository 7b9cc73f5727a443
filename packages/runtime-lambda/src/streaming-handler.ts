import { frontOf } from './events/front.js'
import type { CallHandler, LambdaOptions } from './handler-options.js'
import type { StreamingHandler } from './handler-types.js'
import type { LambdaPlatform } from './lambda-platform.js'
import { EventServer, serveParts, tooLarge } from './serve-event.js'
import { streamedOutlet } from './streamed-outlet.js'

export interface StreamingOptions extends LambdaOptions {
  /** `awslambda`, which the Node.js runtimes put into the global scope. */
  readonly platform: LambdaPlatform
}

/**
 * Serves events of Function URLs and REST APIs whose invoke mode is response streaming, each answer as it comes. An
 * answer that breaks behind its head rejects, so that the platform ends it as broken.
 *
 * @example export const handler = toStreamingHandler(proxy, { platform: awslambda, describeError: proxy.describeError })
 */
export function toStreamingHandler(proxy: CallHandler, options: StreamingOptions): StreamingHandler {
  const { platform } = options
  const parts = serveParts(proxy, options)
  const maxBytes = parts.limits.maxStreamedBytes
  return platform.streamifyResponse<StreamingHandler>(async (event, stream, context) => {
    const front = frontOf(event)
    const outlet = streamedOutlet({
      platform,
      stream,
      front,
      maxBytes,
      onOverflow: () => server.giveUp(tooLarge(maxBytes)),
      onClosed: () => server.leave(),
    })
    const server = new EventServer(parts, {
      front,
      event,
      context,
      outlet,
      maxBytes,
      patienceMs: Number.POSITIVE_INFINITY,
    })
    await server.serve()
  })
}
