import type { JsonRecord } from './json-record.js'
import { malformed } from './malformed.js'

/** The bytes of the body; undefined for none. What is marked as base64 must be it to the letter. */
export function readBody({ body, isBase64Encoded }: JsonRecord): Buffer | undefined {
  if (isBase64Encoded !== undefined && isBase64Encoded !== null && typeof isBase64Encoded !== 'boolean') {
    throw malformed("The event's isBase64Encoded is neither true nor false.")
  }
  if (body === undefined || body === null || body === '') return undefined
  if (typeof body !== 'string') throw malformed("The event's body is no text.")
  if (isBase64Encoded !== true) return Buffer.from(body, 'utf8')
  const bytes = Buffer.from(body, 'base64')
  if (bytes.toString('base64') !== body)
    throw malformed("The event's body is not the base64 that isBase64Encoded says.")
  return bytes
}
