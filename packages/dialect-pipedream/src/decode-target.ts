import { isUtf8 } from 'node:buffer'
import { ProxyError } from '@proxy/core'

const standardOnly = /[+/]/
const standardLetters = /[+/]/g
const urlSafeOnly = /[-_]/
const padding = /={1,2}$/
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
  const bytes = Buffer.from(text, 'base64url')
  // Node skips what it does not know, so the way back proves that the text was canonical.
  if (bytes.length === 0 || bytes.toString('base64url') !== urlSafe(text)) {
    throw notBase64()
  }
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

/** The text as base64url without padding; unchanged, so that it cannot match, when padding or alphabet are wrong. */
function urlSafe(text: string): string {
  let bare = text
  if (text.endsWith('=')) {
    if (text.length % 4 !== 0) return text
    bare = text.replace(padding, '')
  }
  if (!standardOnly.test(bare)) return bare
  return urlSafeOnly.test(bare) ? text : bare.replace(standardLetters, (letter) => (letter === '+' ? '-' : '_'))
}

function notBase64(): ProxyError {
  return invalid('is not base64 or base64url; write + / = as %2B %2F %3D, or use the URL-safe alphabet')
}

function invalid(reason: string): ProxyError {
  return new ProxyError('invalid_url', `The target in the path ${reason}.`)
}
