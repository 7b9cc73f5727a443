import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { ProxyError } from '@proxy/core'

/**
 * The body of a request, capped and apart from its connection: destroying an `IncomingMessage` destroys the socket that
 * the answer has yet to go out on, destroying this one only drops the rest of the upload.
 *
 * Fails with a `ProxyError` when the body is too long, malformed or stops coming.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage
  readonly #maxBytes: number
  #response: ServerResponse | undefined
  #started = false
  #bytes = 0
  #bytesAtLastLook = -1
  #idleMs = 0

  /** `awaited` is the response of a request whose sender waits for `100 Continue`. */
  constructor(request: IncomingMessage, maxBytes: number, awaited: ServerResponse | undefined) {
    super()
    this.#request = request
    this.#maxBytes = maxBytes
    this.#response = awaited
    // A body fails whether or not anyone has begun to read it.
    this.on('error', ignore)
  }

  /** The sender was promised nothing yet, so it may not send the body at all. */
  get awaitsContinue(): boolean {
    return this.#response !== undefined
  }

  override _read(): void {
    if (!this.#started) this.#start()
    else this.#request.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const request = this.#request
    request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    request.resume()
    callback(error)
  }

  /** Fails the body unless all of it has come. */
  cut(): void {
    if (this.#request.complete) this.destroy()
    else this.destroy(new ProxyError('invalid_request', 'The request body ended before its declared end.'))
  }

  /** To be asked every `elapsedMs`: true when the body is waited for and no byte came for `limitMs`. */
  isIdle(elapsedMs: number, limitMs: number): boolean {
    const isWaitedFor = this.#started && !this.destroyed && !this.readableEnded && !this.#request.isPaused()
    if (!isWaitedFor || this.#bytes !== this.#bytesAtLastLook) {
      this.#bytesAtLastLook = this.#bytes
      this.#idleMs = 0
      return false
    }
    this.#idleMs += elapsedMs
    return this.#idleMs >= limitMs
  }

  #start(): void {
    this.#started = true
    if (this.#request.destroyed) {
      this.#onClose()
      return
    }
    if (Number(this.#request.headers['content-length'] ?? 0) > this.#maxBytes) {
      this.destroy(tooLong(this.#maxBytes))
      return
    }
    if (this.#response?.headersSent === false) this.#response.writeContinue()
    this.#response = undefined
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxBytes) {
      this.destroy(tooLong(this.#maxBytes))
    } else if (!this.push(chunk)) {
      this.#request.pause()
    }
  }

  readonly #onEnd = (): void => {
    this.push(null)
  }

  readonly #onClose = (): void => {
    if (!this.#request.complete) this.cut()
  }
}

function tooLong(maxBytes: number): ProxyError {
  return new ProxyError('payload_too_large', `The request body is longer than ${maxBytes} bytes.`)
}

function ignore(): void {}
