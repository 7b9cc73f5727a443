import { describe, expect, it } from 'vitest'
import { isSameAddress, parseIpAddress, sharesPrefix } from './ip-address.js'

function prefix(one: string, other: string, bits: number): boolean {
  const [first, second] = [parseIpAddress(one), parseIpAddress(other)]
  if (first === undefined || second === undefined) throw new Error('not an address')
  return sharesPrefix(first, second, bits)
}

describe('reading an address', () => {
  it.each([
    ['1.2.3.4', [1, 2, 3, 4]],
    ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['1::', [1, 0, 0, 0, 0, 0, 0, 0]],
    ['2001:DB8::a:0:1', [0x2001, 0xdb8, 0, 0, 0, 0xa, 0, 1]],
    ['1:2:3:4:5:6:7:8', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['1:2:3:4:5:6:7::', [1, 2, 3, 4, 5, 6, 7, 0]],
    ['::ffff:1.2.3.4', [0, 0, 0, 0, 0, 0xffff, 0x102, 0x304]],
    ['1:2:3:4:5:6:255.0.255.1', [1, 2, 3, 4, 5, 6, 0xff00, 0xff01]],
  ])('reads %s', (text, parts) => {
    expect(parseIpAddress(text)?.parts).toEqual(parts)
  })

  it.each([
    '',
    'localhost',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.256',
    '0x7f.0.0.1',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '[::1]',
    ':::',
    '1:2:3:4:5:6:7:8:9',
    'fe80::1%eth0',
    '::1%',
    '2606:4700::1%25eth0',
  ])('does not read %j', (text) => {
    expect(parseIpAddress(text)).toBeUndefined()
  })
})

describe('comparing addresses', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3', 32, true],
    ['10.1.2.3', '10.1.2.2', 31, true],
    ['10.1.2.3', '10.1.2.2', 32, false],
    ['10.255.0.0', '10.0.0.0', 8, true],
    ['11.0.0.0', '10.0.0.0', 8, false],
    ['11.0.0.0', '10.0.0.0', 7, true],
    ['255.0.0.0', '0.0.0.0', 0, true],
    ['2001:db8:8000::', '2001:db8::', 32, true],
    ['2001:db8:8000::', '2001:db8::', 33, false],
    ['2001:db8::1', '2001:db8::', 127, true],
    ['2001:db8::1', '2001:db8::', 128, false],
    ['::7f00:1', '127.0.0.1', 0, false],
  ] as const)('%s and %s share %i bits: %s', (one, other, bits, expected) => {
    expect(prefix(one, other, bits)).toBe(expected)
  })

  it('sees through spellings and not through forms', () => {
    expect(isSameAddress('::1', '0:0::0001')).toBe(true)
    expect(isSameAddress('::ffff:127.0.0.1', '::FFFF:7F00:1')).toBe(true)
    expect(isSameAddress('127.0.0.1', '127.0.0.2')).toBe(false)
    expect(isSameAddress('::ffff:127.0.0.1', '127.0.0.1')).toBe(false)
    expect(isSameAddress('fe80::1', 'fe80::1%1')).toBe(false)
  })
})
