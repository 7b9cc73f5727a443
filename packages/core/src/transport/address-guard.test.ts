import { describe, expect, it } from 'vitest'
import { type AddressGuard, createAddressGuard } from './address-guard.js'
import { compileAllowPrivate } from './allow-private.js'
import { createResolver, type HostResolver } from './resolver.js'

function guard(
  allowPrivate: readonly string[],
  answers: Readonly<Record<string, readonly string[]>> = {},
): AddressGuard {
  const resolver: HostResolver = { resolve: async (name) => answers[name] ?? [], close: () => undefined }
  return createAddressGuard(compileAllowPrivate(allowPrivate), resolver)
}

const denied = { code: 'target_denied', status: 400 }

describe('a literal', () => {
  it('goes through when it is public, and is refused when it is not', async () => {
    expect(await guard([]).addressesFor('93.184.216.34', 443)).toEqual(['93.184.216.34'])
    expect(await guard([]).addressesFor('2606:4700::1111', 443)).toEqual(['2606:4700::1111'])
    for (const literal of ['127.0.0.1', '::1', '169.254.169.254', '::ffff:8.8.8.8', 'fe80::1%eth0', '0.0.0.0']) {
      await expect(guard([]).addressesFor(literal, 443), literal).rejects.toMatchObject(denied)
    }
  })

  it('that is private goes through where the operator excepts it', async () => {
    expect(await guard(['127.0.0.1:4010']).addressesFor('127.0.0.1', 4010)).toEqual(['127.0.0.1'])
    await expect(guard(['127.0.0.1:4010']).addressesFor('127.0.0.1', 4011)).rejects.toMatchObject(denied)
  })

  it('is refused without being named', async () => {
    const error: unknown = await guard([])
      .addressesFor('169.254.169.254', 80)
      .catch((reason: unknown) => reason)
    expect(JSON.stringify([String(error), error])).not.toContain('169.254')
  })
})

describe('a name', () => {
  const answers = {
    'api.example.com': ['93.184.216.34', '2606:4700::1111'],
    'mixed.example.com': ['93.184.216.34', '10.0.0.7'],
    'mixed6.example.com': ['93.184.216.34', 'fd00::7'],
    'private.example.com': ['10.0.0.7'],
    'nothing.example.com': [],
    'many.example.com': Array.from({ length: 100 }, (_, index) => `93.184.216.${index}`),
    'last.example.com': [...Array.from({ length: 100 }, (_, index) => `93.184.216.${index}`), '127.0.0.1'],
    localhost: ['127.0.0.1', '::1'],
  }

  it('has all of its addresses when all are public', async () => {
    expect(await guard([], answers).addressesFor('api.example.com', 443)).toEqual(answers['api.example.com'])
    expect(await guard([], answers).addressesFor('many.example.com', 443)).toHaveLength(16)
  })

  it.each([
    'mixed.example.com',
    'mixed6.example.com',
    'private.example.com',
    'last.example.com',
    'nothing.example.com',
    'localhost',
  ])('%s is refused for one answer that is not', async (name) => {
    await expect(guard([], answers).addressesFor(name, 443)).rejects.toMatchObject(denied)
  })

  it.each([
    ['mixed.example.com', '10.0.0.0/8', 443],
    ['mixed.example.com', '10.0.0.7:443', 443],
    ['mixed.example.com', 'mixed.example.com', 443],
    ['mixed6.example.com', 'mixed6.example.com:443', 443],
    ['private.example.com', '10.0.0.7', 443],
  ])('%s goes through where %s is excepted', async (name, entry, port) => {
    expect(await guard([entry], answers).addressesFor(name, port)).toHaveLength(answers[name as 'localhost'].length)
  })

  it('localhost has only the addresses that are excepted', async () => {
    expect(await guard(['127.0.0.1:4010'], answers).addressesFor('localhost', 4010)).toEqual(['127.0.0.1'])
    expect(await guard(['::1'], answers).addressesFor('localhost', 4010)).toEqual(['::1'])
    expect(await guard(['localhost:4010'], answers).addressesFor('localhost', 4010)).toEqual(['127.0.0.1', '::1'])
    await expect(guard(['127.0.0.1:4010'], answers).addressesFor('localhost', 4011)).rejects.toMatchObject(denied)
  })

  it('of the configuration is guarded like an answer', async () => {
    const resolver = createResolver({ hosts: { 'api.example.com': '10.0.0.7', 'www.example.com': '93.184.216.34' } })
    const configured = createAddressGuard(compileAllowPrivate([]), resolver)
    await expect(configured.addressesFor('api.example.com', 443)).rejects.toMatchObject(denied)
    expect(await configured.addressesFor('www.example.com', 443)).toEqual(['93.184.216.34'])
  })
})

describe('the peer of an open socket', () => {
  it.each([
    ['93.184.216.34', '93.184.216.34', true],
    ['2606:4700::1111', '2606:4700:0:0::1111', true],
    ['93.184.216.35', '93.184.216.34', false],
    ['127.0.0.1', '93.184.216.34', false],
    ['::ffff:93.184.216.34', '93.184.216.34', false],
    ['127.0.0.1', '127.0.0.1', false],
    [undefined, '93.184.216.34', false],
  ])('%s after connecting to %s: %s', (peer, address, expected) => {
    const check = (): void => guard([]).checkPeer(peer, address, 'api.example.com', 443)
    if (expected) expect(check).not.toThrow()
    else expect(check).toThrow('not at a public address')
  })
})
