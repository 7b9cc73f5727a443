import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefused, type PropertyBench, runs, startPropertyBench } from './property-bench.js'
import type { Town } from './town.js'

let bench: PropertyBench
let town: Town

beforeAll(async () => {
  bench = await startPropertyBench()
  town = bench.town
})

afterAll(() => bench.stop())

const pathPiece = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,;=:@/?-]{0,12}$/) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '..',
      '.',
      '/',
      '//',
      '%2F',
      '%2e%2e',
      '%',
      '%zz',
      '%00',
      '?',
      '&',
      ' ',
      '+',
      '"',
      '<',
      '^',
      '`',
      '{',
      '|',
      ';',
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom('é', '漢', '\u00a0', '\u200b', '🙂', 'ﬁ', '／', '\u0085') },
  { weight: 1, arbitrary: fc.constantFrom('\\', '#', '\t', '\n', '\r', '\u0000', '\u007f') },
) // prettier-ignore

describe('whatever path is asked for', () => {
  it('arrives byte for byte, with what is illegal percent-encoded, or not at all', async () => {
    const somePath = fc.array(pathPiece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`)
    await fc.assert(
      fc.asyncProperty(somePath, async (path) => {
        const sent = await bench.send(town.path('header', path))
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
        if (/^\/[/\\]|[\\#\u0000-\u001f\u007f-\u009f]/.test(path)) expectRefused(sent, 'invalid_url')
        else expect(sent.head?.split(' ')[1]).toBe(path.replace(/[^!-~]+/g, encodeURIComponent))
      }),
      runs(300),
    )
  })

  it('is the same in every spelling of its base64', async () => {
    const somePath = fc.stringMatching(/^\/[a-z?=&%.~é漢 ]{0,30}$/)
    const spelling = fc.constantFrom<(bytes: Buffer) => string>(
      (bytes) => encodeURIComponent(bytes.toString('base64')),
      (bytes) => bytes.toString('base64').replaceAll('/', '%2f').replaceAll('+', '%2b'),
      (bytes) => bytes.toString('base64').replace(/=+$/, '').replaceAll('/', '%2F'),
      (bytes) => bytes.toString('base64url'),
      (bytes) => bytes.toString('base64').replaceAll('/', '_').replaceAll('+', '-'),
    )
    await fc.assert(
      fc.asyncProperty(somePath, spelling, async (path, spell) => {
        const encoded = town.path('header', '').replace('/proxy/', `/proxy/${spell(Buffer.from(path))}`)
        const { head } = await bench.send(encoded)
        expect(head?.split(' ')[1]).toBe(path.replace(/[^!-~]+/g, encodeURIComponent))
      }),
      runs(150),
    )
  })

  it('is refused in a text that no encoder writes', async () => {
    const text = Buffer.from('/v1/things?page=2').toString('base64url')
    const change = fc.tuple(
      fc.nat(text.length),
      fc.constantFrom('', 'A', '=', '%', '-', '/', '+', '!', ' ', 'é'),
      fc.nat(1),
    )
    await fc.assert(
      fc.asyncProperty(change, async ([place, inserted, removed]) => {
        const changed = encodeURI(text.slice(0, place) + inserted + text.slice(place + removed))
        const sent = await bench.send(town.path('header', '').replace('/proxy/', `/proxy/${changed}`))
        // A slash at the start doubles the one before it, and is as if it were not there.
        const plain = decodeURIComponent(changed.replace(/^\//, '').replace(/%(?![0-9A-F]{2})/g, '%25'))
        const decoded = Buffer.from(plain, 'base64')
        const bare = plain.replace(/=+$/, '')
        const isCanonical = [decoded.toString('base64'), decoded.toString('base64url')].some(
          (spelled) => spelled.replace(/=+$/, '') === bare,
        )
        if (sent.head === undefined) expectRefused(sent, 'invalid_url')
        else expect([isCanonical, sent.head.split(' ')[1]]).toEqual([true, decoded.toString()])
      }),
      runs(200),
    )
  })
})
