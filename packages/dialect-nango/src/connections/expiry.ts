import { epochMsOf } from '@proxy/core'

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
  const expiresAt = typeof value === 'number' || typeof value === 'string' ? epochMsOf(value) : undefined
  const isTime = expiresAt !== undefined
  return { expiresAt, expiryFault: isTime ? undefined : 'must be an ISO 8601 date or epoch seconds' }
}
