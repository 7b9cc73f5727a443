import type { AuthStrategy, PreparedAuth } from '../ports/auth-strategy.js'
import { refuseUnknown } from './placement.js'

/** `{ kind: none }`: a public API. */
export const noneStrategy: AuthStrategy = {
  kind: 'none',
  prepare(settings, field) {
    refuseUnknown(settings, [], field)
    return noneAuth('none')
  },
}

/** A prepared strategy that sets nothing. */
export function noneAuth(kind: string): PreparedAuth {
  return { kind, headerNames: [], queryNames: [], body: 'untouched', inject: () => ({}) }
}
