import { ProxyError } from './errors.js'
import type { Caller } from './ports/authenticator.js'

/** True when one of `held` is the scope itself, `*`, or a parent such as `connect:*` or `connect:accounts:*`. */
export function hasScope(held: readonly string[], wanted: string): boolean {
  for (const scope of held) {
    if (scope === '*' || scope === wanted) return true
    if (scope.endsWith(':*') && wanted.startsWith(scope.slice(0, -1))) return true
  }
  return false
}

/** Throws `insufficient_scope` naming what is missing. */
export function requireScope(held: readonly string[], wanted: string): void {
  if (!hasScope(held, wanted)) {
    throw new ProxyError('insufficient_scope', `The token lacks the scope ${wanted}.`, { details: { scope: wanted } })
  }
}

/** Throws `insufficient_scope` when a browser's origin is not one that the token was made for. */
export function requireOrigin(caller: Caller, origin: string | undefined): void {
  if (origin === undefined || caller.allowedOrigins === undefined || caller.allowedOrigins.includes(origin)) return
  throw new ProxyError('insufficient_scope', 'The token was not made for this origin; see allowed_origins.')
}
