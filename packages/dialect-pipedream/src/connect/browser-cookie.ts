import { timingSafeEqual } from 'node:crypto'
import { digest, randomText, stateLifeMs } from './authorization-state.js'

/**
 * Binds an authorization to the browser that began it: whoever is led to a callback with somebody else's state and code
 * lacks the cookie.
 */
export interface BrowserCookies {
  /** A new cookie for `state`: its `Set-Cookie` line, and the digest to remember. */
  create(state: string): { readonly line: string; readonly digest: string }
  /** Whether the request's `Cookie` header holds the one of `state`. */
  matches(header: string | null, state: string, wanted: string): boolean
  /** The line that takes it away. */
  clear(state: string): string
}

export function browserCookies(baseUrl: string): BrowserCookies {
  const isSecure = baseUrl.startsWith('https:')
  const nameOf = (state: string): string => `${isSecure ? '__Host-' : ''}connect-${digest(state).slice(0, 12)}`
  // Lax: the vendor's redirect back is a navigation from another site.
  const rules = `; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
  return {
    create(state) {
      const value = randomText()
      const line = `${nameOf(state)}=${value}; Max-Age=${stateLifeMs / 1000}${rules}`
      return { line, digest: digest(value) }
    },
    matches(header, state, wanted) {
      const value = cookieOf(header ?? '', nameOf(state))
      return value !== undefined && isSame(digest(value), wanted)
    },
    clear: (state) => `${nameOf(state)}=; Max-Age=0${rules}`,
  }
}

function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)]
  return first.length === second.length && timingSafeEqual(first, second)
}
