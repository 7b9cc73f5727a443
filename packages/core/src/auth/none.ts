import type { AuthStrategy } from '../ports/auth-strategy.js'
import { refuseUnknown } from './placement.js'

/** `{ kind: none }`: a public API. */
export const noneStrategy: AuthStrategy = {
  kind: 'none',
  prepare(settings, field) {
    refuseUnknown(settings, [], field)
    return { kind: 'none', headerNames: [], queryNames: [], body: 'untouched', inject: () => ({}) }
  },
}
