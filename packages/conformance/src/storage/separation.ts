import type { Account, Scope, Storage } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { sampleAccount } from '../sample-account.js'
import { create, plain } from './account-writes.js'
import { newScope, unique } from './storage-under-test.js'

/** Tuples that a plain join of their parts would take for one another. */
const lookalikes: readonly (readonly [project: string, id: string, externalUserId: string, externalId: string])[] = [
  ['a:b', 'c', 'd', 'e'],
  ['a', 'b:c', 'd', 'e'],
  ['a', 'b1', 'c:d', 'e1'],
  ['a', 'b2', 'c', 'd:e'],
  ['a:development', 'b', 'c', 'd'],
  ['a', 'development:b', 'c', 'd'],
  ['1:a', 'b', 'c', 'd'],
  ['a\0b', 'c', 'd', 'e'],
  ['a', 'b\0c', 'd', 'e2'],
  ['{a}', 'b', 'c', 'd'],
  ['a', '{b}', 'c', 'd2'],
  ['A', 'b', 'c', 'd'],
]

export function testSeparation(get: () => Storage, strings: readonly string[]): void {
  describe('scopes and ids', () => {
    it('are never taken for one another', async () => {
      const prefix = unique('s')
      const stored: Account[] = []
      for (const [project, id, externalUserId, externalId] of lookalikes) {
        for (const environment of ['development', 'production'] as const) {
          const fields = { project: prefix + project, environment, id, externalUserId, externalId }
          stored.push(await create(get(), sampleAccount({ ...fields, name: JSON.stringify(fields) })))
        }
      }
      for (const account of stored) {
        expect(plain(await get().readAccount(account, account.id))).toEqual(plain(account))
        expect(plain(await get().readAccountByExternalId(account, account.app, account.externalId))).toEqual(
          plain(account),
        )
        const { rows } = await get().listAccounts({ scope: account, externalUserId: account.externalUserId, limit: 50 })
        for (const row of rows)
          expect(row).toMatchObject({ project: account.project, environment: account.environment })
        expect(rows.filter((row) => row.id === account.id)).toHaveLength(1)
      }
      await get().deleteAccount({ project: `${prefix}a:b`, environment: 'development' }, 'c')
      for (const account of stored.slice(1)) expect(await get().readAccount(account, account.id)).toBeDefined()
    })

    it('do not mix an app with an external id', async () => {
      const scope = newScope()
      await create(get(), sampleAccount({ ...scope, id: 'apn_1', app: 'a:b', externalId: 'c' }))
      await create(get(), sampleAccount({ ...scope, id: 'apn_2', app: 'a', externalId: 'b:c' }))
      expect(await get().readAccountByExternalId(scope, 'a:b', 'c')).toMatchObject({ id: 'apn_1' })
      expect(await get().readAccountByExternalId(scope, 'a', 'b:c')).toMatchObject({ id: 'apn_2' })
    })

    it('and values may be any text', async () => {
      const scope: Scope = newScope()
      for (const [nth, text] of strings.entries()) {
        const account = sampleAccount({
          ...scope,
          id: `apn_${nth}`,
          externalUserId: text,
          externalId: text,
          name: text,
          values: { customFields: { [text]: text }, credentials: { token: text } },
          authorizedScopes: [text],
          metadata: { [text]: [text] },
        })
        const stored = await create(get(), account)
        expect(plain(stored)).toEqual(plain({ ...account, version: 1 }))
      }
      for (const [nth, text] of strings.entries()) {
        const id = `apn_${nth}`
        expect(await get().readAccount(scope, id)).toMatchObject({ externalUserId: text, name: text })
        expect(await get().readAccountByExternalId(scope, 'acme', text)).toMatchObject({ id })
        const page = await get().listAccounts({ scope, externalUserId: text, limit: 10 })
        expect(page.rows.map((row) => row.id)).toEqual([id])
      }
      const users = await get().listUsers({ scope, limit: strings.length + 1 })
      expect(new Set(users.rows)).toEqual(new Set(strings))
    })

    it('may name a project by any text', async () => {
      const prefix = unique('any')
      for (const text of strings) await create(get(), sampleAccount({ project: prefix + text, name: text }))
      for (const text of strings) {
        const scope: Scope = { project: prefix + text, environment: 'development' }
        expect(await get().listAccounts({ scope, limit: 10 })).toMatchObject({ totalCount: 1, rows: [{ name: text }] })
      }
    })
  })
}
