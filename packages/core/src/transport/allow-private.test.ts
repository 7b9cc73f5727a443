import { describe, expect, it } from 'vitest'
import { compileAllowPrivate } from './allow-private.js'

describe('an exception', () => {
  it.each([
    ['10.0.0.0/8', '10.1.2.3', 443, '', true],
    ['10.0.0.0/8', '11.0.0.0', 443, '', false],
    ['10.9.9.9/8', '10.1.2.3', 443, '', true],
    ['0.0.0.0/0', '127.0.0.1', 1, '', true],
    ['0.0.0.0/0', '::1', 1, '', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', 443, '', false],
    ['fd00::/8', 'fd12:3456::1', 443, '', true],
    ['fd00::/8', 'fe80::1', 443, '', false],
    ['fd00::/8', 'fd00::1%eth0', 443, '', false],
    ['127.0.0.1', '127.0.0.1', 1, '', true],
    ['127.0.0.1', '127.0.0.2', 1, '', false],
    ['127.0.0.1:4010', '127.0.0.1', 4010, '', true],
    ['127.0.0.1:4010', '127.0.0.1', 4011, '', false],
    ['::1', '0:0:0:0:0:0:0:1', 80, '', true],
    ['[::1]', '::1', 80, '', true],
    ['[::1]:4010', '::1', 4010, '', true],
    ['[::1]:4010', '::1', 4011, '', false],
    ['vault.internal', '10.0.0.1', 8200, 'vault.internal', true],
    ['Vault.Internal', '10.0.0.1', 8200, 'vault.internal', true],
    ['vault.internal:8200', '10.0.0.1', 8200, 'vault.internal', true],
    ['vault.internal:8200', '10.0.0.1', 8201, 'vault.internal', false],
    ['vault.internal', '10.0.0.1', 8200, 'a.vault.internal', false],
    ['vault.internal', '10.0.0.1', 8200, undefined, false],
    ['vault.internal', '10.0.0.1', 8200, '', false],
    ['redis', '10.0.0.1', 1, 'redis', true],
  ])('%s for %s port %i of %j: %s', (entry, address, port, hostname, expected) => {
    expect(compileAllowPrivate([entry]).covers(address, port, hostname)).toBe(expected)
  })

  it('is any one of several, and there is none by default', () => {
    const some = compileAllowPrivate(['192.168.0.0/16', '127.0.0.1:4010'])
    expect(some.covers('192.168.7.7', 1)).toBe(true)
    expect(some.covers('127.0.0.1', 4010)).toBe(true)
    expect(compileAllowPrivate([]).covers('127.0.0.1', 4010, 'localhost')).toBe(false)
  })
})

describe('a host of a target is excepted', () => {
  it.each([
    ['127.0.0.1:4010', '127.0.0.1', 4010, true],
    ['127.0.0.1:4010', '127.0.0.1', 4011, false],
    ['127.0.0.1:4010', 'localhost', 4010, true],
    ['127.0.0.1:4010', 'localhost', 4011, false],
    ['127.0.0.1:4010', 'api.localhost', 4010, true],
    ['[::1]:4010', 'localhost', 4010, true],
    ['[::1]:4010', '[::1]', 4010, true],
    ['[::1]:4010', '[0:0::1]', 4010, true],
    ['fd00::/8', '[fd00::7]', 443, true],
    ['fd00::/8', '[fc00::7]', 443, false],
    ['localhost:4010', 'localhost', 4010, true],
    ['localhost:4010', '127.0.0.1', 4010, false],
    ['vault.internal:8200', 'VAULT.internal', 8200, true],
    ['vault.internal:8200', 'vault.internal', 443, false],
    ['10.0.0.0/8', 'vault.internal', 443, false],
    ['127.0.0.0/8', 'notlocalhost', 443, false],
  ])('by %s: %s port %i is %s', (entry, host, port, expected) => {
    expect(compileAllowPrivate([entry]).isExempt(host, port)).toBe(expected)
  })
})

describe('an entry that cannot be meant', () => {
  it.each([
    '',
    ' ',
    '*',
    '*.internal',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8:80',
    'fd00::/129',
    '[fd00::]/8',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '127.0.0.1:',
    '127.0.0.1:http',
    '[127.0.0.1]:80',
    '[::1',
    '::1]:80',
    'fe80::1%eth0',
    '[fe80::1%eth0]:80',
    'http://127.0.0.1',
    'vault.internal/',
    'vault..internal',
    'vault.internal.',
    '-vault.internal',
    'vault internal',
    'vault.internal:80:90',
  ])('%j is refused by name', (entry) => {
    expect(() => compileAllowPrivate(['127.0.0.1', entry])).toThrow(`"${entry}"`)
  })
})
