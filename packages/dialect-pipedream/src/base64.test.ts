import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64 } from './base64.js'

const bytes = fc.uint8Array({ minLength: 1, maxLength: 80 }).map((array) => Buffer.from(array))

/** By Node's decoder, which skips what it does not know: only what it encodes to the same text again was written so. */
function byNode(text: string): Buffer | undefined {
  const decoded = Buffer.from(text, 'base64')
  if (decoded.length === 0) return undefined
  const padded = decoded.toString('base64')
  const bare = padded.replace(/=+$/, '')
  const spellings = [padded, bare].flatMap((one) => [one, one.replaceAll('+', '-').replaceAll('/', '_')])
  return spellings.includes(text) ? decoded : undefined
}

describe('decodeBase64', () => {
  it('gives back what was encoded, in both alphabets, padded or not', () => {
    fc.assert(
      fc.property(bytes, (original) => {
        const padded = original.toString('base64')
        for (const text of [padded, padded.replace(/=+$/, ''), original.toString('base64url')]) {
          expect(decodeBase64(text)).toEqual(original)
        }
        expect(decodeBase64(padded.replaceAll('+', '-').replaceAll('/', '_'))).toEqual(original)
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes no text that no encoder would write', () => {
    const near = fc.string({ unit: fc.constantFrom(...'AQZaz09+/-_=% é'), maxLength: 12 })
    fc.assert(
      fc.property(near, (text) => {
        expect(decodeBase64(text)).toEqual(byNode(text))
      }),
      { numRuns: 20_000 },
    )
  })
})
