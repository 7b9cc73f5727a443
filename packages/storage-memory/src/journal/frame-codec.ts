import { createHash } from 'node:crypto'
import type { Sealer } from '@proxy/core'
import type { Change } from '../state.js'
import { changesToText, textToChanges } from './change-text.js'

/** Turns changes into lines and back. A line opens in its own file and at its own place in it only. */
export interface FrameCodec {
  encode(changes: readonly Change[], index: number): string
  /** `line` holds bytes as characters. Throws with the reason when the line is not the `index`th of this file as it was written. */
  decode(line: string, index: number): readonly Change[]
  /** True when a line was sealed with another key than the one that seals now. */
  isOutdated(line: string): boolean
}

/** Lines that nobody reads or changes without the key. */
export function sealedFrames(sealer: Sealer, fileId: string): FrameCodec {
  const context = (index: number): readonly string[] => ['journal', fileId, String(index)]
  return {
    encode: (changes, index) => sealer.seal(changesToText(changes), context(index)),
    decode: (line, index) => textToChanges(sealer.open(line, context(index)).toString()),
    isOutdated: (line) => sealer.keyIdOf(line) !== sealer.currentKeyId,
  }
}

const digestLength = 16

/** Lines in plain, each behind a digest that finds damage by accident. */
export function plainFrames(fileId: string): FrameCodec {
  const digestOf = (text: string, index: number): string =>
    createHash('sha256').update(`${fileId} ${index} ${text}`).digest('hex').slice(0, digestLength)
  return {
    encode(changes, index) {
      const text = changesToText(changes)
      return `${digestOf(text, index)} ${text}`
    },
    decode(line, index) {
      const text = Buffer.from(line.slice(digestLength + 1), 'latin1').toString()
      if (line[digestLength] !== ' ' || line.slice(0, digestLength) !== digestOf(text, index)) {
        throw new Error('The line is not as it was written.')
      }
      return textToChanges(text)
    },
    isOutdated: () => false,
  }
}
