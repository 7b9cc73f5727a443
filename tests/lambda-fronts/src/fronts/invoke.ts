import type { Readable } from 'node:stream'

/** How an invocation ended, or began to answer. */
export type Invoked =
  | { readonly kind: 'buffered'; readonly payload: Buffer }
  /** Prelude, eight zero bytes and body; an error event when the function failed behind its first byte. */
  | { readonly kind: 'streamed'; readonly stream: Readable }
  | { readonly kind: 'failed'; readonly error: string }

/** Runs the function once with an event. */
export type Invoke = (event: unknown) => Promise<Invoked>
