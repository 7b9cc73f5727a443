import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createKeyRing } from './key-ring.js'
import { createSealer, SealError } from './sealing.js'

const newKey = randomBytes(32).toString('base64')
const oldKey = randomBytes(32).toString('base64')
const sealer = createSealer(createKeyRing([newKey]))
const context = ['account', 'proj', 'development', 'apn_1']

function reasonOf(open: () => unknown): string {
  try {
    open()
  } catch (error) {
    if (error instanceof SealError) return error.reason
    throw error
  }
  return 'opened'
}

describe('a sealed value', () => {
  it.each(['', 'a', 'ключ 🔑', 'x'.repeat(100_000)])('opens to what was sealed', (plaintext) => {
    const sealed = sealer.seal(plaintext, context)
    expect(sealed).toMatch(/^[\w-]+$/)
    expect(sealer.open(sealed, context).toString()).toBe(plaintext)
  })

  it('opens to the bytes that were sealed', () => {
    const bytes = randomBytes(1_000)
    expect(sealer.open(sealer.seal(bytes, context), context)).toEqual(bytes)
  })

  it('is another one each time', () => {
    const sealed = Array.from({ length: 1_000 }, () => sealer.seal('same', context))
    expect(new Set(sealed.map((text) => Buffer.from(text, 'base64url').toString('hex', 9, 21))).size).toBe(1_000)
  })

  it('does not open after any change of a single byte', () => {
    const bytes = Buffer.from(sealer.seal('secret', context), 'base64url')
    for (let at = 0; at < bytes.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        expect(reasonOf(() => sealer.open(changed.toString('base64url'), context))).not.toBe('opened')
      }
    }
    expect(sealer.open(bytes.toString('base64url'), context).toString()).toBe('secret')
  })

  it('does not open after any change of a single character, spare bits and foreign characters included', () => {
    const sealed = sealer.seal('secrets', context)
    for (let at = 0; at < sealed.length; at += 1) {
      for (const character of 'AB09-_=+/ \n') {
        if (sealed[at] === character) continue
        const changed = sealed.slice(0, at) + character + sealed.slice(at + 1)
        expect(reasonOf(() => sealer.open(changed, context))).not.toBe('opened')
      }
      expect(reasonOf(() => sealer.open(sealed.slice(0, at), context))).not.toBe('opened')
    }
    for (const rest of ['=', '\n', 'A']) expect(reasonOf(() => sealer.open(sealed + rest, context))).not.toBe('opened')
  })

  it.each([
    ['another account', ['account', 'proj', 'development', 'apn_2']],
    ['another project', ['account', 'proj2', 'development', 'apn_1']],
    ['another environment', ['account', 'proj', 'production', 'apn_1']],
    ['another kind', ['document', 'proj', 'development', 'apn_1']],
    ['parts cut elsewhere', ['account', 'projdevelopment', '', 'apn_1']],
    ['a part less', ['account', 'proj', 'development']],
    ['a part more', [...context, '']],
  ])('does not open for %s', (_, other) => {
    const sealed = sealer.seal('secret', context)
    expect(reasonOf(() => sealer.open(sealed, other))).toBe('refused')
    expect(sealer.open(sealed, context).toString()).toBe('secret')
  })

  it('opens with an old key of the ring, and tells which key it needs', () => {
    const before = createSealer(createKeyRing([oldKey]))
    const after = createSealer(createKeyRing([newKey, oldKey]))
    const sealed = before.seal('secret', context)
    expect(after.open(sealed, context).toString()).toBe('secret')
    expect(after.keyIdOf(sealed)).toBe(before.currentKeyId)
    expect(after.keyIdOf(after.seal('secret', context))).toBe(after.currentKeyId)
    expect(after.currentKeyId).toBe(sealer.currentKeyId)
  })

  it('names the key that is missing', () => {
    const other = createSealer(createKeyRing([oldKey]))
    const sealed = other.seal('secret', context)
    expect(() => sealer.open(sealed, context)).toThrow(`sealed with key ${other.currentKeyId}`)
  })

  it('shows neither key nor content in errors and when printed', () => {
    const sealed = sealer.seal('planted-secret', context)
    let shown = inspect(sealer, { depth: 9, showHidden: true }) + inspect(createKeyRing([newKey]), { depth: 9 })
    try {
      sealer.open(sealed, ['other'])
    } catch (error) {
      shown += inspect(error, { depth: 9 })
    }
    expect(shown).toContain('SealError')
    for (const secret of ['planted-secret', newKey, Buffer.from(newKey, 'base64').toString('hex'), sealed]) {
      expect(shown).not.toContain(secret)
    }
  })
})
