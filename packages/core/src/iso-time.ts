/**
 * A time in epoch milliseconds as an ISO 8601 date. Undefined for none, and for one that `Date` has no room for, so that
 * one stored account with such a time does not break a list of many.
 */
export function isoTimeOf(epochMs: number | undefined): string | undefined {
  const date = new Date(epochMs ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
