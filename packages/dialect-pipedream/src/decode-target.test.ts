import { ProxyError } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { decodeTarget } from './decode-target.js'

/** Its base64 has `+`, `/` and padding. */
const url = 'https://api.acme.com/a?q=~~~>>>???'
const padded = Buffer.from(url).toString('base64')

describe('the encodings that clients send', () => {
  it.each([
    ['base64, padded, percent-encoded (TypeScript 2 and 3)', encodeURIComponent(padded)],
    ['base64url without padding (TypeScript 1, curl)', Buffer.from(url).toString('base64url')],
    ['base64url with raw = (Python)', padded.replaceAll('+', '-').replaceAll('/', '_')],
    ['base64 with raw + and =', encodeURIComponent(padded).replaceAll('%2B', '+').replaceAll('%3D', '=')],
    ['percent-encoding in lower case', encodeURIComponent(padded).replace(/%../g, (code) => code.toLowerCase())],
    ['base64 without padding', encodeURIComponent(padded.replace(/=+$/, ''))],
  ])('%s', (_, segment) => {
    expect(decodeTarget(segment)).toBe(url)
  })

  it('takes relative paths, and text beyond ASCII', () => {
    expect(decodeTarget(Buffer.from('/api/v2/chats').toString('base64url'))).toBe('/api/v2/chats')
    expect(decodeTarget(Buffer.from('/caf\u00e9/\u20ac').toString('base64url'))).toBe('/caf\u00e9/\u20ac')
  })
})

describe('what no encoder wrote is refused', () => {
  const good = Buffer.from('/a').toString('base64url')

  it.each([
    ['nothing', ''],
    ['only padding', '=='],
    ['a character of neither alphabet', `${good}!`],
    ['a space', 'L2 E'],
    ['both alphabets at once', '-_+/'.replace('/', '%2F')],
    ['padding that is too long', 'L2E=='],
    ['padding in the middle', 'L2E=L2E='],
    ['padding of a whole quantum', `${Buffer.from('/ab').toString('base64url')}=`],
    ['four paddings', 'L2Fi===='],
    ['bits set in the tail', 'L2F'],
    ['one left-over character', 'L2FiY'],
    ['a raw slash', 'L2Fi/L2Fi'],
    ['a raw slash where base64 could have one', Buffer.from('/a?b=???').toString('base64')],
    ['a slash at the end', 'L2Fi/'],
    ['a slash at the end that would be the last character of the target', 'L3g/'],
    ['a raw slash beside an encoded one', 'L2E%2FPz8/'],
    ['a broken percent-encoding', 'L2E%3'],
    ['percent-encoded characters that are not UTF-8', 'L2E%ff'],
    ['doubly percent-encoded padding', 'L2E%253D'],
    ['bytes that are not UTF-8', Buffer.from([0x2f, 0xff]).toString('base64url')],
    ['Latin-1 for an accent (TypeScript 1)', Buffer.from('/caf\u00e9', 'latin1').toString('base64url')],
    ['an overlong slash', Buffer.from([0xc0, 0xaf]).toString('base64url')],
    ['a surrogate in UTF-8', Buffer.from([0xed, 0xa0, 0x80]).toString('base64url')],
    ['a line feed', Buffer.from('/a\nb').toString('base64url')],
    ['a NUL', Buffer.from('/a\0').toString('base64url')],
    ['a tab', Buffer.from('/a\t').toString('base64url')],
    ['a DEL', Buffer.from('/a\x7f').toString('base64url')],
    ['a C1 control', Buffer.from('/a\u0085').toString('base64url')],
  ])('%s', (_, segment) => {
    expect(refusal(segment)).toBe('invalid_url')
    expect(decodeTarget(good)).toBe('/a')
  })
})

function refusal(segment: string): string | undefined {
  try {
    decodeTarget(segment)
    return undefined
  } catch (error) {
    return error instanceof ProxyError ? error.code : 'not a ProxyError'
  }
}
