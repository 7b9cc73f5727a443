import type { Readable, Writable } from 'node:stream'
import type { Cancellation } from '../cancellation.js'
import type { Target } from '../target.js'

/** A body that may be sent again, or one that may not. */
export type RequestBody = Buffer | Readable

/** PEM texts for a client certificate; verification of the upstream is always on. */
export interface ClientIdentity {
  readonly certificate: string
  readonly privateKey: string
  readonly certificateAuthority: string | undefined
}

export interface UpstreamRequest {
  readonly method: string
  readonly target: Target
  /** Flat, names in lower case. `host`, framing and connection headers are the transport's own and never stand here. */
  readonly headers: readonly string[]
  readonly body: RequestBody | undefined
  /** Bytes of a streamed body when known; undefined sends it chunked. */
  readonly bodyLength: number | undefined
  readonly identity: ClientIdentity | undefined
}

export interface UpstreamLimits {
  /** Milliseconds to the response head, counted anew while request bytes move; after it `upstream_timeout`. */
  readonly headTimeoutMs: number
  /** Milliseconds without a body byte while the reader is ready; after it the body fails. */
  readonly bodyIdleTimeoutMs: number
}

/** The upstream's head, with the body held back until `pipe` or `discard`. */
export interface UpstreamResponse {
  readonly status: number
  /** Flat, as received (latin1), order and duplicates kept. */
  readonly headers: readonly string[]
  /** Set when the body broke while it was held back: then the head must not be sent. */
  readonly failure: Error | undefined
  /** All of the body has come: `pipe` ends the sink within this turn of the event loop. */
  readonly isWhole: boolean
  /** Streams the body into `sink` with backpressure and ends it. Rejects, with `sink` destroyed, when the body breaks. */
  pipe(sink: Writable): Promise<void>
  /** The whole body, at most `maxBytes`; rejects with `upstream_protocol` beyond. */
  collect(maxBytes: number): Promise<Buffer>
  /** Drains a short rest or closes the socket. The response is of no use after it. */
  discard(): void
}

/** Sends one request to an address that passed the guard. No redirects, retries, cache or decompression here. */
export interface Transport {
  /** Settles at the response head. Rejects with an `upstream_*`, `target_denied` or `overloaded` error. */
  send(request: UpstreamRequest, limits: UpstreamLimits, cancellation: Cancellation): Promise<UpstreamResponse>
  /** Lets calls in flight finish, then closes every socket. */
  close(): Promise<void>
}

/** An error of `send` says whether it is safe to send again. */
export interface SendFailure {
  /** No byte of the request had left, so a second attempt cannot be a duplicate. */
  readonly nothingSent: boolean
  /** The request went out on a kept-alive socket that the upstream may just have closed. */
  readonly reusedSocket: boolean
}
