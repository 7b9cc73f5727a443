import { STATUS_CODES } from 'node:http'
import { describeRefusal as describe, type ErrorAnswer, type ProxyError, type Refusal } from '@proxy/core'

/** A failure as a complete answer after which the connection closes. */
export function describeRefusal(error: ProxyError, spelled?: ErrorAnswer): Refusal {
  const refusal = describe(error, spelled)
  return { ...refusal, headers: [...refusal.headers, 'connection', 'close'] }
}

/** The same as bytes for a socket whose parser has given up. */
export function refusalBytes(error: ProxyError): string {
  const { status, headers, body } = describeRefusal(error)
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, `date: ${new Date().toUTCString()}`]
  for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
