import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { leakSearch, spellings } from './leak-search.js'

const secret = `c4n4ry+/"\\${randomBytes(12).toString('base64url')}=`
const search = leakSearch(['another-secret-altogether', secret])

describe('the search for leaks', () => {
  it.each(spellings(secret))('finds a secret planted in $encoding', ({ text, encoding }) => {
    const found = search.find(`what comes before ${text} and behind`)
    expect(found).toContain(`secret 1 in ${encoding}`)
    expect(search.find(Buffer.from(`x${text}y`))).toContain(`secret 1 in ${encoding}`)
  })

  it.each<[string, string | Buffer]>([
    ['a header', `Authorization: Bearer ${secret}`],
    ['Basic authentication', `Basic ${Buffer.from(`user:${secret}`).toString('base64')}`],
    ['Basic authentication of a longer name', `Basic ${Buffer.from(`user-1:${secret}`).toString('base64')}`],
    ['a URL', new URL(`https://x.example/?a=1&key=${encodeURIComponent(secret)}`).href],
    ['an error', inspect(new Error(`failed: ${secret}`))],
    ['an object', inspect({ deep: { inside: [secret] } }, { depth: 9 })],
    ['a log line', JSON.stringify({ msg: 'x', body: JSON.stringify({ key: secret }) })],
    ['bytes among others', Buffer.concat([randomBytes(999), Buffer.from(secret), randomBytes(999)])],
    ['the middle of base64', Buffer.concat([randomBytes(100), Buffer.from(secret), randomBytes(7)]).toString('base64')],
    [
      'the middle of hex',
      Buffer.concat([randomBytes(5), Buffer.from(secret)])
        .toString('hex')
        .toUpperCase(),
    ],
    ['a serialized buffer', JSON.stringify(Buffer.from(secret))],
  ])('finds one in %s', (_, haystack) => {
    expect(search.find(haystack)).not.toEqual([])
  })

  it('finds nothing where there is nothing', () => {
    expect(search.find(`Bearer ${secret.slice(0, -4)} ${secret.slice(4)} [secret]`)).toEqual([])
    expect(search.find(randomBytes(100_000))).toEqual([])
    expect(search.find(randomBytes(100_000).toString('base64'))).toEqual([])
  })
})
