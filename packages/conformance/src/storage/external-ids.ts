import type { Storage } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { sampleAccount } from '../sample-account.js'
import { create, tenTimes } from './account-writes.js'
import { newScope } from './storage-under-test.js'

export function testExternalIds(get: () => Storage): void {
  describe('external ids', () => {
    it('belong to one account of an app in a scope', async () => {
      const scope = newScope()
      const taken = { externalId: 'same' }
      await create(get(), sampleAccount({ ...scope, ...taken, id: 'apn_1' }))
      expect(await get().writeAccount(sampleAccount({ ...scope, ...taken, id: 'apn_2' }), 0)).toBeUndefined()
      expect(await get().readAccount(scope, 'apn_2')).toBeUndefined()
      expect(await get().readAccountByExternalId(scope, 'acme', 'same')).toMatchObject({ id: 'apn_1' })
    })

    it('may be used again in another app, environment and project', async () => {
      const scope = newScope()
      const taken = { externalId: 'same' }
      await create(get(), sampleAccount({ ...scope, ...taken, id: 'apn_1' }))
      await create(get(), sampleAccount({ ...scope, ...taken, id: 'apn_2', app: 'other' }))
      await create(get(), sampleAccount({ ...scope, ...taken, id: 'apn_3', environment: 'production' }))
      await create(get(), sampleAccount({ ...newScope(), ...taken, id: 'apn_4' }))
      expect(await get().readAccountByExternalId(scope, 'acme', 'same')).toMatchObject({ id: 'apn_1' })
      expect(await get().readAccountByExternalId(scope, 'other', 'same')).toMatchObject({ id: 'apn_2' })
    })

    it('go to one of ten accounts that ask at a time', async () => {
      const scope = newScope()
      const answers = await Promise.all(
        tenTimes((nth) => get().writeAccount(sampleAccount({ ...scope, id: `apn_${nth}`, externalId: 'same' }), 0)),
      )
      const winners = answers.filter((answer) => answer !== undefined)
      expect(winners).toHaveLength(1)
      expect(await get().listAccounts({ scope, limit: 100 })).toMatchObject({ totalCount: 1 })
      expect(await get().readAccountByExternalId(scope, 'acme', 'same')).toMatchObject({ id: winners[0]?.id })
    })

    it('are free again when the account changes its own, and when it is deleted', async () => {
      const scope = newScope()
      const first = await create(get(), sampleAccount({ ...scope, id: 'apn_1', externalId: 'a' }))
      await get().writeAccount({ ...first, externalId: 'b' }, 1)
      expect(await get().readAccountByExternalId(scope, 'acme', 'a')).toBeUndefined()
      expect(await get().readAccountByExternalId(scope, 'acme', 'b')).toMatchObject({ id: 'apn_1', version: 2 })
      await create(get(), sampleAccount({ ...scope, id: 'apn_2', externalId: 'a' }))
      await get().deleteAccount(scope, 'apn_1')
      expect(await get().readAccountByExternalId(scope, 'acme', 'b')).toBeUndefined()
      await create(get(), sampleAccount({ ...scope, id: 'apn_3', externalId: 'b' }))
      expect(await get().readAccountByExternalId(scope, 'acme', 'b')).toMatchObject({ id: 'apn_3' })
    })

    it('are not moved onto one that is taken', async () => {
      const scope = newScope()
      const first = await create(get(), sampleAccount({ ...scope, id: 'apn_1', externalId: 'a' }))
      await create(get(), sampleAccount({ ...scope, id: 'apn_2', externalId: 'b' }))
      expect(await get().writeAccount({ ...first, externalId: 'b' }, 1)).toBeUndefined()
      expect(await get().readAccountByExternalId(scope, 'acme', 'a')).toMatchObject({ id: 'apn_1', version: 1 })
      expect(await get().readAccountByExternalId(scope, 'acme', 'b')).toMatchObject({ id: 'apn_2' })
    })

    it('follow an account to another app', async () => {
      const scope = newScope()
      const first = await create(get(), sampleAccount({ ...scope, externalId: 'a' }))
      await get().writeAccount({ ...first, app: 'other' }, 1)
      expect(await get().readAccountByExternalId(scope, 'acme', 'a')).toBeUndefined()
      expect(await get().readAccountByExternalId(scope, 'other', 'a')).toMatchObject({ id: first.id })
      expect(await get().listAccounts({ scope, app: 'acme', limit: 10 })).toMatchObject({ rows: [], totalCount: 0 })
      expect(await get().listAccounts({ scope, app: 'other', limit: 10 })).toMatchObject({ totalCount: 1 })
    })
  })
}
