import { randomUUID } from 'node:crypto'
import type { ProxyError } from './errors.js'
import { usualMethods } from './methods.js'
import type { ErrorAnswer } from './ports/dialect.js'

/** An answer of a runtime: the request never got as far as the engine. */
export interface Refusal {
  readonly status: number
  /** Flat. */
  readonly headers: string[]
  readonly body: string
}

/** A failure as a complete answer; `spelled` is how the dialect of the call says it, where there is a call to tell it by. */
export function describeRefusal(error: ProxyError, spelled?: ErrorAnswer): Refusal {
  if (spelled !== undefined) {
    const { status, headers, body } = spelled
    const length = String(Buffer.byteLength(body))
    return { status, headers: [...headers, 'content-length', length, 'x-request-id', randomUUID()], body }
  }
  const body = JSON.stringify({ error: error.message, code: error.code })
  const headers = [
    'content-type',
    'application/json',
    'content-length',
    String(Buffer.byteLength(body)),
    'cache-control',
    'no-store',
    'x-request-id',
    randomUUID(),
    'x-proxy-error',
    error.code,
  ]
  if (error.code === 'method_not_allowed') headers.push('allow', usualMethods.join(', '))
  return { status: error.status, headers, body }
}
