import type { Readable, Writable } from 'node:stream'

/** One request as a runtime hands it in. */
export interface IncomingCall {
  readonly method: string
  /** The request target in origin form, raw and undecoded: `/v1/connect/…?x=1`. */
  readonly target: string
  /** Flat `[name, value, name, value]`, as received: order, case and duplicates kept. */
  readonly headers: readonly string[]
  /** Undefined when the request has no body (neither `Content-Length` above 0 nor `Transfer-Encoding`). */
  readonly body: Readable | undefined
  /** The peer's address, for brute-force limits and logs. Never authority. */
  readonly remoteAddress: string
  /** Calls `listener` once if the caller leaves before the answer has ended. */
  onCallerLeft(listener: () => void): void
}

export interface ResponseHead {
  readonly status: number
  /** Flat `[name, value, name, value]`. */
  readonly headers: string[]
  /** The body follows at once, so that the head need not go out by itself. Default false. */
  readonly isWhole?: boolean
}

/**
 * Sends the head and returns the writable for the body; called once at most. `end()` ends the answer cleanly,
 * `destroy()` cuts it so that the caller sees a failure.
 */
export type OpenAnswer = (head: ResponseHead) => Writable
