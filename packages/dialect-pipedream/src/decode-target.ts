import { isUtf8 } from 'node:buffer'
import { ProxyError } from '@proxy/core'
import { decodeBase64 } from './base64.js'

// biome-ignore lint/suspicious/noControlCharactersInRegex: a target must not hold these
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/
const beyondPrintable = /[^ -~]/

/**
 * The target that a caller put into the path: base64 or base64url, padded or not, `+ / =` raw or percent-encoded.
 * Throws `invalid_url` for anything that an encoder of those would not have written.
 */
export function decodeTarget(segment: string): string {
  // Raw it is a separator: read as base64, a slash at the end would become a part of the target.
  if (segment.includes('/')) throw notBase64()
  const text = segment.includes('%') ? unescaped(segment) : segment
  const bytes = decodeBase64(text)
  if (bytes === undefined) throw notBase64()
  const ascii = bytes.toString('latin1')
  if (!beyondPrintable.test(ascii)) return ascii
  if (!isUtf8(bytes)) throw invalid('does not hold UTF-8 text')
  const target = bytes.toString('utf8')
  if (controlCharacter.test(target)) throw invalid('holds a control character')
  return target
}

function unescaped(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw invalid('is not percent-encoded correctly')
  }
}

function notBase64(): ProxyError {
  return invalid('is not base64 or base64url; write + / = as %2B %2F %3D, or use the URL-safe alphabet')
}

function invalid(reason: string): ProxyError {
  return new ProxyError('invalid_url', `The target in the path ${reason}.`)
}
