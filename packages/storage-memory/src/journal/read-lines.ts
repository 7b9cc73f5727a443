import { readSync } from 'node:fs'

const chunkBytes = 1 << 20
const lineFeed = 10

export interface Line {
  /** Bytes as characters (latin1): fast, and no damaged byte is mended on the way. */
  readonly text: string
  /** Where it begins, in bytes. */
  readonly offset: number
  /** False for a last line without its line feed. */
  readonly complete: boolean
}

/** The lines of a file from its beginning, a megabyte in memory at a time. */
export function* readLines(descriptor: number): Generator<Line, void, undefined> {
  let rest = Buffer.alloc(0)
  let restOffset = 0
  let position = 0
  for (let atEnd = false; !atEnd; ) {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    const count = readSync(descriptor, chunk, 0, chunkBytes, position)
    atEnd = count === 0
    position += count
    const bytes = rest.length === 0 ? chunk.subarray(0, count) : Buffer.concat([rest, chunk.subarray(0, count)])
    let start = 0
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
      yield { text: bytes.toString('latin1', start, end), offset: restOffset + start, complete: true }
      start = end + 1
    }
    rest = bytes.subarray(start)
    restOffset += start
  }
  if (rest.length > 0) yield { text: rest.toString('latin1'), offset: restOffset, complete: false }
}
