import { bufferedOutlet } from './buffered-outlet.js'
import { frontOf } from './events/front.js'
import type { CallHandler, LambdaOptions } from './handler-options.js'
import type { BufferedHandler } from './handler-types.js'
import { balancerBytes } from './limits.js'
import { brokenOff, EventServer, serveParts, tooLarge } from './serve-event.js'

/**
 * Serves events of Function URLs, API Gateway (HTTP APIs, REST APIs) and load balancers, each answer as a whole.
 *
 * @example export const handler = toBufferedHandler(proxy, { describeError: proxy.describeError })
 */
export function toBufferedHandler(proxy: CallHandler, options: LambdaOptions = {}): BufferedHandler {
  const parts = serveParts(proxy, options)
  const { maxBufferedBytes, gatewayTimeMs } = parts.limits
  return async (event, context) => {
    const front = frontOf(event)
    const isBalancer = front === 'balancer' || front === 'balancer-multi'
    const isGateway = front === 'http-api' || front === 'rest-api'
    const maxBytes = isBalancer ? Math.min(balancerBytes, maxBufferedBytes) : maxBufferedBytes
    const outlet = bufferedOutlet({
      front,
      maxBytes,
      onOverflow: () => server.giveUp(tooLarge(maxBytes)),
      onBroken: () => server.giveUp(brokenOff()),
    })
    const patienceMs = isGateway ? gatewayTimeMs : Number.POSITIVE_INFINITY
    const server = new EventServer(parts, { front, event, context, outlet, maxBytes, patienceMs })
    await server.serve()
    return await outlet.answer
  }
}
