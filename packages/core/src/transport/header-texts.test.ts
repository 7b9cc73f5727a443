import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerTexts } from './header-texts.js'

/** Parts of one piece of memory, as the parser cuts them out of a head. */
function cutOut(texts: readonly string[]): Buffer[] {
  const head = Buffer.from(`HTTP/1.1 200 OK\r\n${texts.join(': ')}\r\n\r\n`, 'latin1')
  let from = 'HTTP/1.1 200 OK\r\n'.length
  return texts.map((text) => {
    const part = head.subarray(from, from + text.length)
    from += text.length + 2
    return part
  })
}

const bytes = fc.string({ unit: fc.constantFrom(...'aZ-9 \u0080\u00ff'), minLength: 1, maxLength: 50 })
const lists = fc.array(bytes, { maxLength: 24 }).map((texts) => texts.slice(0, texts.length - (texts.length % 2)))

describe('headerTexts', () => {
  it('gives each part as it is, wherever it lies', () => {
    fc.assert(
      fc.property(lists, fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }), (texts, isElsewhere) => {
        const parts = cutOut(texts).map((part, index) => (isElsewhere[index] ? Buffer.concat([part]) : part))
        expect(headerTexts(parts)).toEqual(texts)
      }),
      { numRuns: 2_000 },
    )
  })

  it('reads no byte of another part or of what lies beside them', () => {
    const texts = ['content-type', 'text/plain', 'x-long', 'put together elsewhere', 'x-last', 'end']
    const parts = cutOut(texts)
    const pieces = Buffer.from('put together elsewhere')
    parts[3] = Buffer.concat([pieces.subarray(0, 5), pieces.subarray(5)])
    expect(headerTexts(parts)).toEqual(texts)
    expect(headerTexts(parts.toReversed())).toEqual(texts.toReversed())
  })

  it('tells names apart that share length and first letter', () => {
    for (const name of ['x-one', 'x-two', 'x-one', 'X-one', 'x-two']) {
      expect(headerTexts(cutOut([name, '1']))).toEqual([name, '1'])
    }
  })

  it('takes as long for a head as it is long, whatever its names', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => [`aa${String(index).padStart(4, '0')}`, '1']).flat()
    const parts = cutOut(many)
    // With a search through the head for each name these would take minutes.
    for (let round = 0; round < 300; round += 1) expect(headerTexts(parts)).toHaveLength(many.length)
    expect(headerTexts(parts)).toEqual(many)
  })

  it('takes a head without headers', () => {
    expect(headerTexts([])).toEqual([])
  })
})
