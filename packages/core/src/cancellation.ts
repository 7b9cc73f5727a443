/**
 * Tells the one thing that a call waits for at the moment (upstream, retry wait, refresh) that the caller has left.
 * Lighter than an `AbortSignal`, which costs microseconds a call.
 */
export class Cancellation {
  #cancelled = false
  #listener: (() => void) | undefined

  get cancelled(): boolean {
    return this.#cancelled
  }

  cancel(): void {
    if (this.#cancelled) return
    this.#cancelled = true
    this.#listener?.()
  }

  /** Sets the listener in place of the one before; runs it at once when already cancelled. */
  listen(listener: (() => void) | undefined): void {
    this.#listener = listener
    if (this.#cancelled) listener?.()
  }
}
