import type { Account, Storage } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { sampleAccount } from '../sample-account.js'
import { newScope } from './storage-under-test.js'

/** Fields and values side by side, so that two accounts can be compared. */
export function plain(account: Account | undefined): unknown {
  return account === undefined ? undefined : { ...account, values: account.values.reveal() }
}

export async function create(storage: Storage, account: Account): Promise<Account> {
  const stored = await storage.writeAccount(account, 0)
  if (stored === undefined) throw new Error(`The account ${account.id} was not created`)
  return stored
}

export function testAccountWrites(get: () => Storage): void {
  describe('accounts', () => {
    it('read as absent before they are written', async () => {
      const scope = newScope()
      expect(await get().readAccount(scope, 'apn_1')).toBeUndefined()
      expect(await get().readAccountByExternalId(scope, 'acme', 'x')).toBeUndefined()
    })

    it('are stored whole, with version 1', async () => {
      const account = sampleAccount({
        ...newScope(),
        environment: 'production',
        name: 'Ünïcödé',
        values: { customFields: { api_key: 'kéy', empty: '' }, credentials: { oauth_access_token: 't'.repeat(5_000) } },
        oauthAppId: 'oa_1',
        authorizedScopes: ['read', 'write:all'],
        metadata: { nested: { list: [1, null, 'two', false] }, empty: {} },
        createdAt: 1_767_225_600_123,
        updatedAt: 1_767_225_600_456,
        expiresAt: 1_767_225_600_789,
        lastRefreshedAt: 1_767_225_600_001,
        dead: true,
        error: 'invalid_grant',
      })
      const stored = await get().writeAccount(account, 0)
      expect(plain(stored)).toEqual(plain({ ...account, version: 1 }))
      expect(plain(await get().readAccount(account, account.id))).toEqual(plain(stored))
      expect(plain(await get().readAccountByExternalId(account, account.app, account.externalId))).toEqual(
        plain(stored),
      )
    })

    it('keep absent fields absent', async () => {
      const account = await create(get(), sampleAccount(newScope()))
      const found = await get().readAccount(account, account.id)
      for (const field of ['name', 'oauthAppId', 'expiresAt', 'lastRefreshedAt', 'error'] as const) {
        expect(found?.[field]).toBeUndefined()
      }
    })

    it('do not change when the object that was written does', async () => {
      const metadata = { plan: 'free' }
      const customFields = { api_key: 'first' }
      const account = await create(get(), sampleAccount({ ...newScope(), metadata, values: { customFields } }))
      metadata.plan = 'changed'
      customFields.api_key = 'changed'
      const found = await get().readAccount(account, account.id)
      expect(found?.metadata).toEqual({ plan: 'free' })
      expect(found?.values.reveal().customFields.api_key).toBe('first')
    })

    it('are replaced by a write that knows the version', async () => {
      const first = await create(get(), sampleAccount(newScope()))
      const second = await get().writeAccount({ ...first, name: 'second' }, first.version)
      expect(second).toMatchObject({ version: 2, name: 'second' })
      expect(await get().readAccount(first, first.id)).toMatchObject({ version: 2, name: 'second' })
      expect(await get().readAccountByExternalId(first, first.app, first.externalId)).toMatchObject({ version: 2 })
    })

    it.each([0, 1, 3])('are untouched by a write with version %i while version 2 is stored', async (version) => {
      const first = await create(get(), sampleAccount(newScope()))
      await get().writeAccount({ ...first, name: 'second' }, 1)
      expect(await get().writeAccount({ ...first, name: 'stale' }, version)).toBeUndefined()
      expect(await get().readAccount(first, first.id)).toMatchObject({ version: 2, name: 'second' })
    })

    it('are not made by a write that expects a version', async () => {
      const account = sampleAccount(newScope())
      expect(await get().writeAccount(account, 1)).toBeUndefined()
      expect(await get().readAccount(account, account.id)).toBeUndefined()
      expect(await get().writeAccount(account, 0)).toMatchObject({ version: 1 })
    })

    it('are made once by ten writers at a time', async () => {
      const scope = newScope()
      const answers = await Promise.all(
        tenTimes((nth) => get().writeAccount(sampleAccount({ ...scope, name: `writer ${nth}` }), 0)),
      )
      const winners = answers.filter((answer) => answer !== undefined)
      expect(winners).toHaveLength(1)
      expect(plain(await get().readAccount(scope, 'apn_sample1'))).toEqual(plain(winners[0]))
    })

    it('lose no update of ten writers that read, change and write until they win', async () => {
      const account = await create(get(), sampleAccount({ ...newScope(), metadata: { count: 0 } }))
      await Promise.all(
        tenTimes(async () => {
          for (;;) {
            const found = await get().readAccount(account, account.id)
            if (found === undefined) throw new Error('The account is gone')
            const metadata = { count: Number(found.metadata.count) + 1 }
            if ((await get().writeAccount({ ...found, metadata }, found.version)) !== undefined) return
          }
        }),
      )
      expect(await get().readAccount(account, account.id)).toMatchObject({ version: 11, metadata: { count: 10 } })
    })
  })
}

export function tenTimes<T>(run: (nth: number) => T): T[] {
  return Array.from({ length: 10 }, (_, nth) => run(nth))
}
