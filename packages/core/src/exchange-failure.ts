/**
 * An exchange that failed and may succeed another time. The message is shown to people as the account's `error`: it
 * holds a status or a code of the vendor, never a value.
 */
export class ExchangeFailure extends Error {
  override readonly name = 'ExchangeFailure'
  /** How long the vendor wants to be left alone; undefined when it does not say. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, options: { readonly retryAfterMs?: number | undefined } = {}) {
    super(message)
    this.retryAfterMs = options.retryAfterMs
  }
}
