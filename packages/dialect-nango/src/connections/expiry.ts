/** Above this a number is milliseconds: as seconds it would be past the year 5000. */
const millisecondsFrom = 100_000_000_000

/** When a token ends. */
export interface ReadExpiry {
  /** Epoch milliseconds; undefined when it is not given, or is no time. */
  readonly expiresAt: number | undefined
  /** What is wrong with it, when something is given that is no time. */
  readonly expiryFault: string | undefined
}

/** From an ISO date, or epoch seconds or milliseconds, as a number or a text. */
export function readExpiry(value: unknown): ReadExpiry {
  if (value === undefined || value === null || value === '') return { expiresAt: undefined, expiryFault: undefined }
  const time = typeof value === 'number' ? fromNumber(value) : typeof value === 'string' ? fromText(value) : Number.NaN
  // `Date` has room for less than a number has.
  return Number.isNaN(new Date(time).getTime())
    ? { expiresAt: undefined, expiryFault: 'must be an ISO 8601 date or epoch seconds' }
    : { expiresAt: time, expiryFault: undefined }
}

function fromText(text: string): number {
  return /^\d+(?:\.\d+)?$/.test(text) ? fromNumber(Number(text)) : Date.parse(text)
}

function fromNumber(value: number): number {
  if (value < 0) return Number.NaN
  return value >= millisecondsFrom ? Math.floor(value) : Math.floor(value * 1000)
}
