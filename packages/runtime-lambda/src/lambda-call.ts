import { Readable } from 'node:stream'
import type { IncomingCall } from '@proxy/core'
import type { EventRequest } from './events/event-request.js'

/** A request from an event; its body is there as a whole. */
export interface LambdaCall extends IncomingCall {
  /** Tells whoever listens, once, that nobody waits for the answer any more. */
  leave(): void
}

export function createLambdaCall({ method, target, headers, body, remoteAddress }: EventRequest): LambdaCall {
  let hasLeft = false
  let listener: (() => void) | undefined
  return {
    method,
    target,
    headers,
    body: body === undefined ? undefined : streamOf(body),
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

function streamOf(bytes: Buffer): Readable {
  const stream = new Readable({ read: () => undefined })
  stream.push(bytes)
  stream.push(null)
  // Of a call that was refused nobody reads the body, whatever becomes of it.
  return stream.on('error', () => undefined)
}
