import { ProxyError } from '@proxy/core'

/** A path segment, percent-decoded strictly. `what` names it in the error. */
export function decodeSegment(raw: string, what: string): string {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch (cause) {
    throw new ProxyError('invalid_request', `${what} is not percent-encoded UTF-8.`, { cause })
  }
}

/** A query name or value: as `decodeSegment`, with `+` for a space. */
export function decodeQueryText(raw: string, what: string): string {
  return decodeSegment(raw.includes('+') ? raw.replaceAll('+', ' ') : raw, what)
}
