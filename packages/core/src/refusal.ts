import { randomUUID } from 'node:crypto'
import type { ProxyError } from './errors.js'

/** An answer that needs no dialect: the request never got as far as being in one. */
export interface Refusal {
  readonly status: number
  /** Flat. */
  readonly headers: string[]
  readonly body: string
}

/** A failure as a complete answer. */
export function describeRefusal(error: ProxyError): Refusal {
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
  if (error.code === 'method_not_allowed') headers.push('allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
  return { status: error.status, headers, body }
}
