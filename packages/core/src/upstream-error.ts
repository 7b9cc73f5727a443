import { type ErrorCode, ProxyError } from './errors.js'
import type { SendFailure } from './ports/transport.js'

/** A failed `send`: what the caller may hear, and whether another attempt is safe. */
export class UpstreamError extends ProxyError implements SendFailure {
  readonly nothingSent: boolean
  readonly reusedSocket: boolean

  constructor(code: ErrorCode, message: string, facts: SendFailure & { readonly cause?: unknown }) {
    super(code, message, facts.cause === undefined ? {} : { cause: facts.cause })
    this.nothingSent = facts.nothingSent
    this.reusedSocket = facts.reusedSocket
  }
}
