import { awkwardStrings } from '@proxy/conformance'
import calculateSlot from 'cluster-key-slot'
import { describe, expect, it } from 'vitest'
import { createKeys, encodePart, requireWellFormed } from './keys.js'

const halves = ['\ud800', '\udfff', '\ud800\ud800', '\udc00\ud800', 'a\ud800b', '%ud800', '%uD800', '%D8']
const texts = [
  ...new Set([...awkwardStrings, ...halves, '', 'a', 'A', '%', '%25', '%2525', 'a/b', 'a%2Fb', '}', '{', '}{']),
]

describe('an encoded part', () => {
  it('is another one for every text', () => {
    expect(new Set(texts.map(encodePart)).size).toBe(new Set(texts).size)
  })

  it('has no sign that means something in a key', () => {
    for (const text of texts) expect(encodePart(text)).toMatch(/^[!-$&-.0-z|~%]*$/)
  })

  it('leaves the usual ids as they are', () => {
    for (const text of ['apn_AbC123', 'proj_demo', 'user-1', 'ann@example.com', 'a:b'])
      expect(encodePart(text)).toBe(text)
  })
})

describe('keys', () => {
  const keys = createKeys('p:')

  it('of one scope, kind or lease are in one slot of a cluster', () => {
    for (const text of texts) {
      const accounts = keys.accounts({ project: text, environment: 'production' })
      const documents = keys.documents(text)
      const lease = keys.lease(text)
      const groups = [
        [
          accounts.account('a'),
          accounts.account('b}'),
          accounts.log,
          accounts.users,
          accounts.externals,
          accounts.index('id'),
        ],
        [documents.document('a'), documents.document('{b}'), documents.log, documents.ids, documents.ends],
        [lease.holder, lease.fence],
      ]
      for (const group of groups) expect(new Set(group.map(calculateSlot)).size).toBe(1)
    }
  })

  it('are told apart, whatever names them', () => {
    const all = texts.flatMap((text) =>
      texts.flatMap((other) => [
        keys.accounts({ project: text, environment: 'development' }).account(other),
        keys.accounts({ project: text, environment: 'production' }).account(other),
        keys.documents(text).document(other),
      ]),
    )
    expect(new Set(all).size).toBe(all.length)
    expect(new Set(texts.map((text) => keys.lease(text).holder)).size).toBe(new Set(texts).size)
  })

  it('may begin with any printable text but braces', () => {
    for (const prefix of ['', 'a:', 'ACME/proxy.1:']) expect(createKeys(prefix).channel).toBe(`${prefix}changes`)
    for (const prefix of ['{a}', 'a{', 'a}', 'a b', 'é', '\n', 'x'.repeat(129)]) {
      expect(() => createKeys(prefix)).toThrow('prefix')
    }
  })
})

describe('a text that has no UTF-8 form', () => {
  it.each(['\ud800', 'a\udc00', '\udc00\ud800'])('is refused: %j', (text) => {
    expect(() => requireWellFormed(text, 'id')).toThrow('The id is not well-formed')
  })

  it('is not one of these', () => {
    for (const text of awkwardStrings) requireWellFormed(text, 'id')
  })
})
