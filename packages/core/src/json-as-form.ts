import { ProxyError } from './errors.js'
import { findHeader } from './headers.js'
import type { ProxyCall } from './ports/dialect.js'

const formType = 'application/x-www-form-urlencoded'

/** True when a caller whose client can send JSON only asks for a form: outer type JSON, the upstream's a form. */
export function asksForForm(call: ProxyCall): boolean {
  return isType(call.contentType, 'application/json') && isType(findHeader(call.headers, 'content-type'), formType)
}

/**
 * A JSON object as a form: one pair for each text, number and boolean, one for each item of a list, none for null.
 * Other JSON, and what is none, stays as it is. Throws `invalid_request` for what a form cannot say, and for an
 * integer that would lose digits.
 */
export function encodeJsonAsForm(body: Buffer): Buffer {
  const value = parsed(body)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return body
  const form = new URLSearchParams()
  for (const [name, item] of Object.entries(value)) {
    for (const entry of Array.isArray(item) ? item : [item]) if (entry !== null) form.append(name, text(entry, name))
  }
  return Buffer.from(form.toString())
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && (Number.isSafeInteger(value) || !Number.isInteger(value))) return String(value)
  throw new ProxyError(
    'invalid_request',
    `The body cannot become a form: ${JSON.stringify(name)} is not a text, a boolean or a number with at most 15 digits. Send it as a text.`,
  )
}

function isType(value: string | undefined, type: string): boolean {
  return value?.split(';', 1)[0]?.trim().toLowerCase() === type
}
