import type { Scope, Storage } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { sampleAccount } from '../sample-account.js'
import { readAll } from './account-lists.js'
import { create } from './account-writes.js'
import { newScope } from './storage-under-test.js'

async function fill(storage: Storage, scope: Scope, users: readonly string[]): Promise<void> {
  for (const [nth, externalUserId] of users.entries()) {
    await create(storage, sampleAccount({ ...scope, id: `apn_${nth}`, externalUserId }))
  }
}

export function testUserLists(get: () => Storage): void {
  describe('lists of users', () => {
    it('name each user once, ascending', async () => {
      const scope = newScope()
      await fill(get(), scope, ['b', 'a', 'c', 'b', 'a', 'B', 'ab'])
      expect(await get().listUsers({ scope, limit: 10 })).toEqual({
        rows: ['B', 'a', 'ab', 'b', 'c'],
        totalCount: 5,
        hasMore: false,
      })
    })

    it('come in pages, in both directions', async () => {
      const scope = newScope()
      const users = Array.from({ length: 11 }, (_, nth) => `user-${10 + nth}`)
      await fill(get(), scope, users)
      expect(await readAll((after) => get().listUsers({ scope, limit: 4, ...after }))).toEqual(users)
      expect(await get().listUsers({ scope, limit: 4, before: 'user-16' })).toEqual({
        rows: users.slice(2, 6),
        totalCount: 11,
        hasMore: true,
      })
      expect(await get().listUsers({ scope, limit: 4, before: 'user-12' })).toMatchObject({ hasMore: false })
    })

    it('find a part of the id, taken literally', async () => {
      const scope = newScope()
      await fill(get(), scope, ['ann@example.com', 'bob@example.com', 'a*b', 'a.b', '100%', 'ANN'])
      const cases: readonly [string, readonly string[]][] = [
        ['@example', ['ann@example.com', 'bob@example.com']],
        ['ann', ['ann@example.com']],
        ['*', ['a*b']],
        ['a.b', ['a.b']],
        ['%', ['100%']],
        ['nobody', []],
      ]
      for (const [search, rows] of cases) {
        expect(await get().listUsers({ scope, search, limit: 10 })).toEqual({
          rows,
          totalCount: rows.length,
          hasMore: false,
        })
      }
      expect(await get().listUsers({ scope, search: '@example', limit: 1 })).toMatchObject({
        rows: ['ann@example.com'],
        totalCount: 2,
        hasMore: true,
      })
    })

    it('lose a user with the last account', async () => {
      const scope = newScope()
      await fill(get(), scope, ['a', 'a', 'b'])
      await get().deleteAccount(scope, 'apn_0')
      expect(await get().listUsers({ scope, limit: 10 })).toMatchObject({ rows: ['a', 'b'] })
      await get().deleteAccount(scope, 'apn_1')
      expect(await get().listUsers({ scope, limit: 10 })).toMatchObject({ rows: ['b'], totalCount: 1 })
    })
  })
}
