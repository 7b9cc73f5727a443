import { describe, expect, it } from 'vitest'
import { readProxyQuery } from './read-query.js'

describe('readProxyQuery', () => {
  it.each([
    ['external_user_id=u&account_id=a', 'u', 'a', ''],
    ['x=external_user_id&external_user_id=u', 'u', undefined, 'x=external_user_id'],
    ['xexternal_user_id=1&account_idx=2&account%5Fid=a', undefined, 'a', 'xexternal_user_id=1&account_idx=2'],
    ['account_ie=1&external_user_ie=2', undefined, undefined, 'account_ie=1&external_user_ie=2'],
    ['b&account_id=a&c=&=d&&', undefined, 'a', 'b&c=&=d&&'],
    ['', undefined, undefined, ''],
  ])('%j names user and account, and the rest stays as it is', (query, externalUserId, accountId, rest) => {
    expect(readProxyQuery(query)).toEqual({ externalUserId, accountId, rest })
  })

  it.each(['account_ie', 'external_user_ie', 'normalname', 'a'])('is as quick as the query is long: %s', (name) => {
    const query = new Array(Math.floor(16_000 / (name.length + 1))).fill(name).join('&')
    // With a search through the query for each name these would take minutes.
    for (let round = 0; round < 5_000; round += 1) readProxyQuery(`${query}${round % 10}`)
    expect(readProxyQuery(query).rest).toBe(query)
  })
})
