import { isUtf8 } from 'node:buffer'
import type { EventAnswer, EventHead } from './event-answer.js'

/** What the answer around the body may take at most, besides its headers. */
const frameBytes = 200

/**
 * Head and body as one answer: as text where the bytes are text and fit, else in base64. Undefined when the answer
 * would be longer than `maxBytes` in JSON.
 */
export function describeAnswer(head: EventHead, body: Buffer, maxBytes: number): EventAnswer | undefined {
  const room = maxBytes - Buffer.byteLength(JSON.stringify(head)) - frameBytes
  if (isUtf8(body)) {
    const text = body.toString('utf8')
    if (Buffer.byteLength(JSON.stringify(text)) <= room) return { ...head, body: text, isBase64Encoded: false }
  }
  const encoded = body.toString('base64')
  return encoded.length <= room ? { ...head, body: encoded, isBase64Encoded: true } : undefined
}
