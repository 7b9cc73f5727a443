import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createKeyRing, KeyFault } from './key-ring.js'

const good = randomBytes(32).toString('base64')

describe('createKeyRing', () => {
  it('takes keys as openssl prints them, url-safe and without padding', () => {
    const bytes = Buffer.alloc(32, 0xfb)
    const texts = [bytes.toString('base64'), `${bytes.toString('base64')}\n`, bytes.toString('base64url')]
    const ids = texts.map((text) => createKeyRing([text]).current.id.toString('hex'))
    expect(new Set(ids).size).toBe(1)
  })

  it('seals with the first key and opens with all', () => {
    const other = randomBytes(32).toString('base64')
    const ring = createKeyRing([good, other])
    expect(ring.current.id).toEqual(createKeyRing([good]).current.id)
    expect([...ring.byId.keys()]).toEqual([good, other].map((key) => createKeyRing([key]).current.id.toString('hex')))
  })

  it.each([
    ['too short', randomBytes(16).toString('base64'), 'has 16 bytes'],
    ['too long', randomBytes(33).toString('base64'), 'has 33 bytes'],
    ['empty', '', 'has 0 bytes'],
    ['not base64', `${good.slice(0, -2)}!=`, 'is not base64'],
    ['hex', randomBytes(32).toString('hex'), 'has 48 bytes'],
  ])('names the entry that is %s, and does not show it', (_, bad, message) => {
    const make = (): unknown => createKeyRing([good, bad])
    expect(make).toThrow(KeyFault)
    expect(make).toThrow(`Encryption key 2 ${message}`)
    if (bad !== '') expect(make).not.toThrow(bad)
  })

  it('refuses an empty list', () => {
    expect(() => createKeyRing([])).toThrow('There is no encryption key')
  })
})
