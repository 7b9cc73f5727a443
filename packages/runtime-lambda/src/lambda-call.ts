import { Readable } from 'node:stream'
import { type IncomingCall, ProxyError } from '@proxy/core'
import type { EventRequest } from './events/event-request.js'

/** A request from an event; its body is there as a whole. */
export interface LambdaCall extends IncomingCall {
  /** Tells whoever listens, once, that nobody waits for the answer any more. */
  leave(): void
}

/** A body of more than `maxBytes` fails when it is read. */
export function createLambdaCall(request: EventRequest, maxBytes: number): LambdaCall {
  const { method, target, headers, body, remoteAddress } = request
  let hasLeft = false
  let listener: (() => void) | undefined
  return {
    method,
    target,
    headers,
    body: body === undefined ? undefined : streamOf(body, maxBytes),
    remoteAddress,
    onCallerLeft(next) {
      if (hasLeft) next()
      else listener = next
    },
    leave() {
      if (hasLeft) return
      hasLeft = true
      listener?.()
    },
  }
}

function streamOf(bytes: Buffer, maxBytes: number): Readable {
  const stream = new Readable({
    read() {
      if (bytes.length > maxBytes) {
        this.destroy(new ProxyError('payload_too_large', `The request body is longer than ${maxBytes} bytes.`))
      } else {
        this.push(bytes)
        this.push(null)
      }
    },
  })
  // Of a call that was refused nobody reads the body, whatever becomes of it.
  return stream.on('error', () => undefined)
}
