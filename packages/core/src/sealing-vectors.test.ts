import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

interface Vector {
  readonly tcId: number
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
  readonly result: 'valid' | 'invalid'
}

interface Group {
  readonly ivSize: number
  readonly keySize: number
  readonly tagSize: number
  readonly tests: readonly Vector[]
}

const file = new URL('../../../tests/corpora/wycheproof/aes_gcm_test.json', import.meta.url)
const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as { testGroups: readonly Group[] }
const vectors = testGroups
  .filter((group) => group.ivSize === 96 && group.keySize === 256 && group.tagSize === 128)
  .flatMap((group) => group.tests)

/** The calls that sealing makes, with the nonce from outside. */
function open({ key, iv, aad, ct, tag }: Vector): string {
  const secret = createSecretKey(Buffer.from(key, 'hex'))
  const opening = createDecipheriv('aes-256-gcm', secret, Buffer.from(iv, 'hex'), { authTagLength: 16 })
  opening.setAAD(Buffer.from(aad, 'hex'))
  opening.setAuthTag(Buffer.from(tag, 'hex'))
  return opening.update(ct, 'hex', 'hex') + opening.final('hex')
}

function seal({ key, iv, aad, msg }: Vector): string {
  const secret = createSecretKey(Buffer.from(key, 'hex'))
  const sealing = createCipheriv('aes-256-gcm', secret, Buffer.from(iv, 'hex'), { authTagLength: 16 })
  sealing.setAAD(Buffer.from(aad, 'hex'))
  return sealing.update(msg, 'hex', 'hex') + sealing.final('hex') + sealing.getAuthTag().toString('hex')
}

it('has vectors of both verdicts to check', () => {
  expect(vectors.filter((vector) => vector.result === 'valid').length).toBeGreaterThan(20)
  expect(vectors.filter((vector) => vector.result === 'invalid').length).toBeGreaterThan(20)
})

it.each(vectors)('Wycheproof AES-GCM $tcId is $result', (vector) => {
  if (vector.result === 'valid') {
    expect(open(vector)).toBe(vector.msg)
    expect(seal(vector)).toBe(vector.ct + vector.tag)
  } else {
    expect(() => open(vector)).toThrow()
  }
})
