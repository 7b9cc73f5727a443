import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { ProxyError } from '@proxy/core'

/** An answer that needs no dialect: the request never got as far as being in one. */
export interface Refusal {
  readonly status: number
  /** Flat. */
  readonly headers: string[]
  readonly body: string
}

/** A failure as a complete answer after which the connection closes. */
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
    'connection',
    'close',
  ]
  if (error.code === 'method_not_allowed') headers.push('allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
  return { status: error.status, headers, body }
}

/** The same as bytes for a socket whose parser has given up. */
export function refusalBytes(error: ProxyError): string {
  const { status, headers, body } = describeRefusal(error)
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, `date: ${new Date().toUTCString()}`]
  for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
