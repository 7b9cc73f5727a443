import type { Bucket, Decision } from '@proxy/core'

/** A worker's word to the process that counts. */
export interface CreditRequest {
  readonly number: number
  /** A call to decide on; undefined when it is about `used` alone. */
  readonly call: readonly Bucket[] | undefined
  /** Calls that were let through on credit since the last word. */
  readonly used: readonly { readonly bucket: Bucket; readonly count: number }[]
}

export interface CreditReply {
  readonly number: number
  readonly decision: Decision | undefined
  readonly credits: readonly Credit[]
}

/** Calls that a worker may let through before it asks again. */
export interface Credit {
  readonly key: string
  readonly calls: number
  /** As counted when the credit was given. */
  readonly remaining: number
  readonly resetAt: number
}

const requestKey = 'creditRequest'
const replyKey = 'creditReply'

export const wrapRequest = (request: CreditRequest): object => ({ [requestKey]: request })
export const wrapReply = (reply: CreditReply): object => ({ [replyKey]: reply })

/** Undefined for another message of the same channel. Both processes run the same code. */
export function unwrapRequest(message: unknown): CreditRequest | undefined {
  return isObject(message) ? (message[requestKey] as CreditRequest | undefined) : undefined
}

export function unwrapReply(message: unknown): CreditReply | undefined {
  return isObject(message) ? (message[replyKey] as CreditReply | undefined) : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
