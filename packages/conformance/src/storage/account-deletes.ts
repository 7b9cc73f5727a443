import type { Storage } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { sampleAccount } from '../sample-account.js'
import { create, tenTimes } from './account-writes.js'
import { newScope } from './storage-under-test.js'

const raceRounds = 50

export function testAccountDeletes(get: () => Storage): void {
  describe('a deleted account', () => {
    it('is gone everywhere, and its deletion is told once', async () => {
      const account = await create(get(), sampleAccount(newScope()))
      expect(await get().deleteAccount(account, account.id)).toBe(true)
      expect(await get().deleteAccount(account, account.id)).toBe(false)
      expect(await get().readAccount(account, account.id)).toBeUndefined()
      expect(await get().readAccountByExternalId(account, account.app, account.externalId)).toBeUndefined()
      expect(await get().listAccounts({ scope: account, limit: 10 })).toMatchObject({ rows: [], totalCount: 0 })
      expect(await get().listUsers({ scope: account, limit: 10 })).toMatchObject({ rows: [], totalCount: 0 })
    })

    it('is deleted by one of ten at a time', async () => {
      const account = await create(get(), sampleAccount(newScope()))
      const answers = await Promise.all(tenTimes(() => get().deleteAccount(account, account.id)))
      expect(answers.filter(Boolean)).toHaveLength(1)
    })

    it('does not come back by a late write, of whatever version', async () => {
      const account = await create(get(), sampleAccount(newScope()))
      await get().writeAccount({ ...account, name: 'second' }, 1)
      await get().deleteAccount(account, account.id)
      for (const version of [0, 1, 2, 3]) {
        expect(await get().writeAccount({ ...account, name: 'late' }, version)).toBeUndefined()
      }
      expect(await get().readAccount(account, account.id)).toBeUndefined()
    })

    it(`stays deleted when a write comes at the same time, in ${raceRounds} races`, async () => {
      const scope = newScope()
      for (let round = 0; round < raceRounds; round += 1) {
        const account = await create(get(), sampleAccount({ ...scope, id: `apn_${round}` }))
        const write = (): Promise<unknown> => get().writeAccount({ ...account, name: 'late' }, 1)
        const remove = (): Promise<unknown> => get().deleteAccount(scope, account.id)
        await Promise.all(round % 2 === 0 ? [write(), remove()] : [remove(), write()])
        expect(await get().readAccount(scope, account.id)).toBeUndefined()
        expect(await get().readAccountByExternalId(scope, account.app, account.externalId)).toBeUndefined()
      }
      expect(await get().listAccounts({ scope, limit: 10 })).toMatchObject({ rows: [], totalCount: 0 })
    })

    it('takes nothing from an account of the same id in another scope', async () => {
      const account = await create(get(), sampleAccount(newScope()))
      const production = await create(get(), sampleAccount({ ...account, environment: 'production', values: {} }))
      const elsewhere = await create(get(), sampleAccount({ ...newScope(), id: account.id }))
      await get().deleteAccount(account, account.id)
      expect(await get().readAccount(production, account.id)).toBeDefined()
      expect(await get().readAccount(elsewhere, account.id)).toBeDefined()
      expect(await get().writeAccount({ ...production, name: 'second' }, 1)).toMatchObject({ version: 2 })
    })
  })
}
