import type { Framing } from '@proxy/core'
import { malformed } from './malformed.js'

/**
 * Headers whose framing is that of the body which the event holds. A length that the caller declared must fit: it does
 * not where the front took a binary body for text, and such a body is no longer what was sent.
 */
export function frameBody(headers: readonly string[], framing: Framing, bytes: number): readonly string[] {
  if (framing.length === bytes && (bytes > 0 || hasLength(headers))) return headers
  if (framing.length !== undefined && framing.length !== bytes && (framing.hasBody || hasLength(headers))) {
    throw malformed('The body is not as long as Content-Length says: a front that takes it for text has changed it.')
  }
  const framed = headers.filter((_, index) => headers[index - (index % 2)]?.toLowerCase() !== 'transfer-encoding')
  if (bytes > 0) framed.push('content-length', String(bytes))
  return framed
}

function hasLength(headers: readonly string[]): boolean {
  return headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === 'content-length')
}
