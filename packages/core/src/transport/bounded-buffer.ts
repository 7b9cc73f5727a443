import { Writable } from 'node:stream'

/** Collects a body up to a bound; past it the stream is destroyed and `overflowed` is true. */
export class BoundedBuffer extends Writable {
  readonly #maxBytes: number
  readonly #chunks: Buffer[] = []
  #byteCount = 0
  overflowed = false

  constructor(maxBytes: number) {
    super()
    this.#maxBytes = maxBytes
    // Its reader asks for `overflowed`; an error that nobody hears would end the process.
    this.on('error', () => {})
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#byteCount += chunk.length
    if (this.#byteCount > this.#maxBytes) {
      this.overflowed = true
      callback(new Error('The body is larger than its bound.'))
      return
    }
    this.#chunks.push(chunk)
    callback()
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}
