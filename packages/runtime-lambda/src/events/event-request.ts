/** A request as an event tells of it. */
export interface EventRequest {
  readonly method: string
  /** Path and query, as close to the wire as the event allows. */
  readonly target: string
  /** Flat, as the event has them. */
  readonly headers: readonly string[]
  /** Undefined when there is none, or an empty one. */
  readonly body: Buffer | undefined
  readonly remoteAddress: string
}
