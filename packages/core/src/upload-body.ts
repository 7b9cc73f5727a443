import { Readable } from 'node:stream'
import { ProxyError } from './errors.js'

/**
 * A caller's body on its way up. Destroying it does not destroy the caller's request, so that an early answer can
 * still be sent; the runtime drops the rest of the upload.
 */
export class UploadBody extends Readable {
  readonly #source: Readable
  readonly #maxBytes: number
  #byteCount = 0
  #waitsForCaller = true
  /** Called when bytes move up: the head deadline counts anew. */
  onProgress: (() => void) | undefined

  /** `head` is what was read of it before. */
  constructor(source: Readable, maxBytes: number, head: readonly Buffer[] = []) {
    super()
    this.#source = source
    this.#maxBytes = maxBytes
    // It can fail while nobody listens yet, such as during a renewal; whoever sends it later sees that it has.
    this.on('error', ignore)
    for (const chunk of head) this.#onData(chunk)
    source.on('data', this.#onData)
    source.on('end', this.#onEnd)
    source.on('error', this.#onError)
    source.on('close', this.#onClose)
    source.pause()
  }

  /** True while the next byte has to come from the caller, not from us. */
  get waitsForCaller(): boolean {
    return this.#waitsForCaller
  }

  override _read(): void {
    this.#waitsForCaller = true
    this.onProgress?.()
    this.#source.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#source.off('data', this.#onData)
    this.#source.off('end', this.#onEnd)
    this.#source.off('close', this.#onClose)
    this.#source.pause()
    callback(error)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#byteCount += chunk.length
    if (this.#byteCount > this.#maxBytes) {
      this.destroy(bodyTooLarge(this.#maxBytes))
      return
    }
    if (!this.push(chunk)) {
      this.#waitsForCaller = false
      this.#source.pause()
    }
    this.onProgress?.()
  }

  readonly #onEnd = (): void => {
    this.#waitsForCaller = false
    this.push(null)
  }

  readonly #onError = (error: Error): void => {
    this.destroy(bodyFailure(error))
  }

  readonly #onClose = (): void => {
    if (!this.#source.readableEnded) this.destroy(bodyCut())
  }
}

export function bodyTooLarge(maxBytes: number): ProxyError {
  return new ProxyError('payload_too_large', `The request body is larger than ${maxBytes} bytes.`, {
    details: { max_bytes: maxBytes },
  })
}

/** Why a body fails, from the error of its stream: its own, or that the caller has cut it. */
export function bodyFailure(error: unknown): ProxyError {
  return error instanceof ProxyError ? error : bodyCut()
}

export function bodyCut(): ProxyError {
  return new ProxyError('invalid_request', 'The request body ended before its announced end.')
}

function ignore(): void {}
