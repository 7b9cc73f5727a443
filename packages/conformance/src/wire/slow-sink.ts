import { createHash } from 'node:crypto'
import { Writable } from 'node:stream'

/** A writable that takes one chunk and then nothing until it is released. */
export interface SlowSink {
  readonly writable: Writable
  readonly bytes: number
  /** SHA-256 of all that was taken, in hex. To be asked once. */
  digest(): string
  /** Resolves when the first chunk is there. */
  readonly first: Promise<void>
  release(): void
}

export function createSlowSink(): SlowSink {
  const hash = createHash('sha256')
  let bytes = 0
  let isReleased = false
  let goOn = (): void => {}
  let sawFirst = (): void => {}
  const first = new Promise<void>((resolve) => {
    sawFirst = resolve
  })
  const writable = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length
      hash.update(chunk)
      sawFirst()
      if (isReleased) callback()
      else goOn = callback
    },
  })
  return {
    writable,
    first,
    digest: () => hash.digest('hex'),
    get bytes() {
      return bytes
    },
    release() {
      isReleased = true
      goOn()
    },
  }
}
