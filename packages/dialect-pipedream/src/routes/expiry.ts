import { epochMsOf } from '@proxy/core'
import { invalidField } from './route.js'

/**
 * When an imported grant ends, in epoch milliseconds: `expires_at` as an ISO date or epoch seconds, or `expires_in`
 * seconds from now. Undefined when neither is given.
 */
export function readExpiry(
  expiresAt: string | null | undefined,
  expiresIn: string | null | undefined,
  now: number,
): number | undefined {
  if (expiresAt !== undefined && expiresAt !== null && expiresAt !== '') {
    const time = epochMsOf(expiresAt)
    if (time === undefined) throw invalidField('credentials.expires_at', 'must be an ISO 8601 date or epoch seconds')
    return time
  }
  if (expiresIn === undefined || expiresIn === null || expiresIn === '') return undefined
  if (!/^\d{1,12}$/.test(expiresIn)) throw invalidField('credentials.expires_in', 'must be a number of seconds')
  return now + Number(expiresIn) * 1000
}
