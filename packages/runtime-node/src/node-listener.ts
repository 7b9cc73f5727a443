import type { RequestListener } from 'node:http'
import { type CallHandler, createFront, type FrontOptions } from './node-front.js'

/**
 * A `request` listener for a server that the host made itself. `listen` adds what a listener alone cannot do: answers
 * to bytes that are no HTTP, timeouts and draining.
 *
 * @example createServer(toNodeListener(proxy)).listen(3000)
 */
export function toNodeListener(handler: CallHandler, options: FrontOptions = {}): RequestListener {
  return createFront(handler, options).listener
}
