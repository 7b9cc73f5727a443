/**
 * A time in epoch milliseconds as an ISO 8601 date. Undefined for none, and for one that `Date` has no room for, so that
 * one stored account with such a time does not break a list of many.
 */
export function isoTimeOf(epochMs: number | undefined): string | undefined {
  const date = new Date(epochMs ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** Above this a number is milliseconds: as seconds it would be past the year 5000. */
const millisecondsFrom = 100_000_000_000

/** An ISO 8601 date, or epoch seconds or milliseconds, as epoch milliseconds; undefined for what is no time. */
export function epochMsOf(value: string | number): number | undefined {
  const isNumber = typeof value === 'number' || /^\d+(?:\.\d+)?$/.test(value)
  const time = isNumber ? fromNumber(Number(value)) : Date.parse(value)
  return Number.isNaN(new Date(time).getTime()) ? undefined : time
}

function fromNumber(value: number): number {
  if (value < 0) return Number.NaN
  return Math.floor(value >= millisecondsFrom ? value : value * 1000)
}
