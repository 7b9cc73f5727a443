import { invalidField } from './route.js'

/** Above this a number is milliseconds: as seconds it would be past the year 5000. */
const millisecondsFrom = 100_000_000_000

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
    const time = readGrantEnd(expiresAt)
    if (time === undefined) throw invalidField('credentials.expires_at', 'must be an ISO 8601 date or epoch seconds')
    return time
  }
  if (expiresIn === undefined || expiresIn === null || expiresIn === '') return undefined
  if (!/^\d{1,12}$/.test(expiresIn)) throw invalidField('credentials.expires_in', 'must be a number of seconds')
  return now + Number(expiresIn) * 1000
}

/** An ISO date or epoch seconds as epoch milliseconds; undefined for what is neither. */
export function readGrantEnd(text: string): number | undefined {
  const time = /^\d+(?:\.\d+)?$/.test(text) ? fromNumber(Number(text)) : Date.parse(text)
  return Number.isNaN(new Date(time).getTime()) ? undefined : time
}

function fromNumber(value: number): number {
  return value >= millisecondsFrom ? Math.floor(value) : Math.floor(value * 1000)
}
