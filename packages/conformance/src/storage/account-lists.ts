import type { AccountQuery, Page, Scope, Storage } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { sampleAccount } from '../sample-account.js'
import { create } from './account-writes.js'
import { newScope } from './storage-under-test.js'

/** `apn_100`, `apn_101`, … in an order that is not ascending. */
async function fill(storage: Storage, scope: Scope, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, nth) => (nth * 7) % count)
  for (const number of new Set(numbers)) {
    await create(
      storage,
      sampleAccount({
        ...scope,
        id: `apn_${100 + number}`,
        externalUserId: `user-${number % 3}`,
        app: number % 2 === 0 ? 'even' : 'odd',
        oauthAppId: number % 5 === 0 ? 'oa_5' : undefined,
      }),
    )
  }
}

function idsFrom(first: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, nth) => `apn_${100 + first + nth}`)
}

async function list(storage: Storage, query: AccountQuery): Promise<Page<string>> {
  const page = await storage.listAccounts(query)
  return { ...page, rows: page.rows.map((account) => account.id) }
}

export function testAccountLists(get: () => Storage): void {
  describe('lists of accounts', () => {
    it('are empty where nothing is stored', async () => {
      const empty = { rows: [], totalCount: 0, hasMore: false }
      const scope = newScope()
      expect(await get().listAccounts({ scope, limit: 10 })).toEqual(empty)
      await fill(get(), scope, 1)
      for (const filter of [{ externalUserId: 'nobody' }, { app: 'none' }, { oauthAppId: 'none' }]) {
        expect(await get().listAccounts({ scope, limit: 10, ...filter })).toEqual(empty)
      }
    })

    it('ascend by id and say how many there are and whether more follow', async () => {
      const scope = newScope()
      await fill(get(), scope, 20)
      const all = { totalCount: 20, hasMore: false }
      expect(await list(get(), { scope, limit: 100 })).toEqual({ ...all, rows: idsFrom(0, 20) })
      expect(await list(get(), { scope, limit: 20 })).toEqual({ ...all, rows: idsFrom(0, 20) })
      expect(await list(get(), { scope, limit: 19 })).toEqual({ ...all, hasMore: true, rows: idsFrom(0, 19) })
      expect(await list(get(), { scope, limit: 8, after: 'apn_111' })).toEqual({ ...all, rows: idsFrom(12, 8) })
      expect(await list(get(), { scope, limit: 7, after: 'apn_111' })).toMatchObject({ hasMore: true })
      expect(await list(get(), { scope, limit: 5, after: 'apn_119' })).toEqual({ ...all, rows: [] })
    })

    it('end before an id, with the rows next to it', async () => {
      const scope = newScope()
      await fill(get(), scope, 20)
      const all = { totalCount: 20, hasMore: false }
      expect(await list(get(), { scope, limit: 5, before: 'apn_110' })).toEqual({
        ...all,
        hasMore: true,
        rows: idsFrom(5, 5),
      })
      expect(await list(get(), { scope, limit: 5, before: 'apn_105' })).toEqual({ ...all, rows: idsFrom(0, 5) })
      expect(await list(get(), { scope, limit: 5, before: 'apn_100' })).toEqual({ ...all, rows: [] })
    })

    it('go on from an id that is not, or no longer, there', async () => {
      const scope = newScope()
      await fill(get(), scope, 20)
      await get().deleteAccount(scope, 'apn_110')
      expect(await list(get(), { scope, limit: 2, after: 'apn_110' })).toMatchObject({ rows: ['apn_111', 'apn_112'] })
      expect(await list(get(), { scope, limit: 2, before: 'apn_110' })).toMatchObject({ rows: ['apn_108', 'apn_109'] })
      expect(await list(get(), { scope, limit: 1, after: 'apn_1105' })).toMatchObject({ rows: ['apn_111'] })
      expect(await list(get(), { scope, limit: 2, before: 'zzz' })).toMatchObject({ rows: ['apn_118', 'apn_119'] })
    })

    it('hold what fits every filter, page by page', async () => {
      const scope = newScope()
      await fill(get(), scope, 60)
      const numbers = Array.from({ length: 60 }, (_, nth) => nth)
      const cases: readonly [Partial<AccountQuery>, (number: number) => boolean][] = [
        [{ externalUserId: 'user-1' }, (n) => n % 3 === 1],
        [{ app: 'odd' }, (n) => n % 2 === 1],
        [{ oauthAppId: 'oa_5' }, (n) => n % 5 === 0],
        [{ externalUserId: 'user-0', app: 'even' }, (n) => n % 6 === 0],
        [{ externalUserId: 'user-0', app: 'even', oauthAppId: 'oa_5' }, (n) => n % 30 === 0],
      ]
      for (const [filter, fits] of cases) {
        const wanted = numbers.filter(fits).map((number) => `apn_${100 + number}`)
        expect(await list(get(), { scope, limit: 100, ...filter })).toEqual({
          rows: wanted,
          totalCount: wanted.length,
          hasMore: false,
        })
        expect(await readAll((after) => list(get(), { scope, limit: 3, ...filter, ...after }))).toEqual(wanted)
        const [first] = wanted
        expect(await list(get(), { scope, limit: 1, ...filter, before: 'zzz' })).toEqual({
          rows: wanted.slice(-1),
          totalCount: wanted.length,
          hasMore: wanted.at(-1) !== first,
        })
      }
    })

    it('show every account once that was there all the while, whatever is added and deleted between pages', async () => {
      const scope = newScope()
      await fill(get(), scope, 40)
      let page = 0
      const seen = await readAll(async (after) => {
        page += 1
        await create(get(), sampleAccount({ ...scope, id: `apn_${100 + page}x` }))
        await create(get(), sampleAccount({ ...scope, id: `apn_0${page}` }))
        await get().deleteAccount(scope, `apn_${140 - page}`)
        return await list(get(), { scope, limit: 4, ...after })
      })
      expect(new Set(seen).size).toBe(seen.length)
      const stayed = idsFrom(0, 40 - page)
      expect(seen.filter((id) => stayed.includes(id))).toEqual(stayed)
    })

    it('show an account under the user it belongs to now', async () => {
      const scope = newScope()
      const account = await create(get(), sampleAccount({ ...scope, externalUserId: 'before' }))
      await get().writeAccount({ ...account, externalUserId: 'after', oauthAppId: 'oa_1' }, 1)
      expect(await list(get(), { scope, externalUserId: 'before', limit: 10 })).toMatchObject({ totalCount: 0 })
      expect(await list(get(), { scope, externalUserId: 'after', limit: 10 })).toMatchObject({ totalCount: 1 })
      expect(await list(get(), { scope, oauthAppId: 'oa_1', limit: 10 })).toMatchObject({ totalCount: 1 })
      expect(await get().listUsers({ scope, limit: 10 })).toMatchObject({ rows: ['after'] })
    })

    it('give accounts with their values', async () => {
      const account = await create(get(), sampleAccount(newScope()))
      const { rows } = await get().listAccounts({ scope: account, limit: 10 })
      expect(rows[0]?.values.reveal()).toEqual(account.values.reveal())
      expect(rows[0]).toMatchObject({ version: 1 })
    })
  })
}

/** Follows `after` to the last page. */
export async function readAll(
  readPage: (after: { readonly after?: string }) => Promise<Page<string>>,
): Promise<readonly string[]> {
  const rows: string[] = []
  for (;;) {
    const after = rows.at(-1)
    const page = await readPage(after === undefined ? {} : { after })
    rows.push(...page.rows)
    if (!page.hasMore) return rows
  }
}
