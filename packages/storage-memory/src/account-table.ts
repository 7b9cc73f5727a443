import type { Account, AccountQuery, Page, UserQuery } from '@proxy/core'
import { pageOf } from './page.js'
import { addToIndex, deleteFromIndex, type SortedIndex } from './sorted-index.js'
import { addMember, createSortedSet, deleteMember, type SortedSet, settle, sizeOf } from './sorted-set.js'

/** The accounts of one scope, with the indexes that reads need. */
export interface AccountTable {
  readonly size: number
  get(id: string): Account | undefined
  getByExternalId(app: string, externalId: string): Account | undefined
  put(account: Account): void
  delete(id: string): void
  list(query: AccountQuery): Page<Account>
  listUsers(query: UserQuery): Page<string>
  all(): Iterable<Account>
  /** Does now what the first list would have to do after many were put. */
  sort(): void
}

export function accountTable(): AccountTable {
  const accounts = new Map<string, Account>()
  const byExternalId = new Map<string, Map<string, Account>>()
  const ids = createSortedSet()
  const users = createSortedSet()
  const byUser: SortedIndex = new Map()
  const byApp: SortedIndex = new Map()
  const byOauthApp: SortedIndex = new Map()

  return {
    get size() {
      return accounts.size
    },
    get: (id) => accounts.get(id),
    getByExternalId: (app, externalId) => byExternalId.get(app)?.get(externalId),
    put(account) {
      const before = accounts.get(account.id)
      accounts.set(account.id, account)
      if (before !== undefined) unindexChanges(before, account)
      index(account, before)
    },
    delete(id) {
      const before = accounts.get(id)
      if (before === undefined) return
      accounts.delete(id)
      deleteMember(ids, id)
      unindexChanges(before, undefined)
    },
    list(query) {
      const wanted: (SortedSet | undefined)[] = []
      if (query.externalUserId !== undefined) wanted.push(byUser.get(query.externalUserId))
      if (query.app !== undefined) wanted.push(byApp.get(query.app))
      if (query.oauthAppId !== undefined) wanted.push(byOauthApp.get(query.oauthAppId))
      return pageOf(smallest(wanted, ids), query, (id) => fitting(id, query), wanted.length < 2)
    },
    listUsers(query) {
      const { search } = query
      return pageOf(
        users,
        query,
        (user) => (search === undefined || user.includes(search) ? user : undefined),
        search === undefined,
      )
    },
    all: () => accounts.values(),
    sort() {
      settle(ids)
      settle(users)
    },
  }

  function fitting(id: string, query: AccountQuery): Account | undefined {
    const account = accounts.get(id)
    if (account === undefined) return undefined
    if (query.externalUserId !== undefined && account.externalUserId !== query.externalUserId) return undefined
    if (query.app !== undefined && account.app !== query.app) return undefined
    if (query.oauthAppId !== undefined && account.oauthAppId !== query.oauthAppId) return undefined
    return account
  }

  function index(account: Account, before: Account | undefined): void {
    let externalIds = byExternalId.get(account.app)
    if (externalIds === undefined) {
      externalIds = new Map()
      byExternalId.set(account.app, externalIds)
    }
    externalIds.set(account.externalId, account)
    if (before === undefined) addMember(ids, account.id)
    if (before?.externalUserId !== account.externalUserId) {
      if (addToIndex(byUser, account.externalUserId, account.id)) addMember(users, account.externalUserId)
    }
    if (before?.app !== account.app) addToIndex(byApp, account.app, account.id)
    if (account.oauthAppId !== undefined && before?.oauthAppId !== account.oauthAppId) {
      addToIndex(byOauthApp, account.oauthAppId, account.id)
    }
  }

  function unindexChanges(before: Account, after: Account | undefined): void {
    if (before.app !== after?.app || before.externalId !== after.externalId) {
      const externalIds = byExternalId.get(before.app)
      // Another account may have it already, when changes are read again out of a rewritten file.
      if (externalIds?.get(before.externalId)?.id === before.id) externalIds.delete(before.externalId)
      if (externalIds?.size === 0) byExternalId.delete(before.app)
    }
    if (before.externalUserId !== after?.externalUserId) {
      if (deleteFromIndex(byUser, before.externalUserId, before.id)) deleteMember(users, before.externalUserId)
    }
    if (before.app !== after?.app) deleteFromIndex(byApp, before.app, before.id)
    if (before.oauthAppId !== undefined && before.oauthAppId !== after?.oauthAppId) {
      deleteFromIndex(byOauthApp, before.oauthAppId, before.id)
    }
  }
}

/** The smallest of the sets; undefined when one of them is empty, `everything` when there are none. */
function smallest(sets: readonly (SortedSet | undefined)[], everything: SortedSet): SortedSet | undefined {
  let found: SortedSet | undefined = everything
  for (const set of sets) {
    if (set === undefined) return undefined
    if (sizeOf(set) < sizeOf(found)) found = set
  }
  return found
}
