import type { Account, AccountDirectory, AccountQuery } from '@proxy/core'
import type { Keys } from '../keys.js'
import type { StoreAccess } from '../store-access.js'
import { indexOf } from './account-rows.js'
import type { AccountStore } from './account-store.js'
import { cutPage, readPage } from './member-pages.js'
import { searchMembers } from './search-members.js'

export interface AccountListsParts {
  readonly keys: Keys
  readonly access: StoreAccess
  readonly accounts: Pick<AccountStore, 'readPatiently'>
}

/** Lists out of sorted sets, in the order of the ids' bytes. */
export function accountLists({ keys, access, accounts }: AccountListsParts): AccountDirectory {
  async function readRows(query: AccountQuery, ids: readonly string[]): Promise<readonly Account[]> {
    const found = await Promise.all(ids.map((id) => accounts.readPatiently(query.scope, id)))
    // What was deleted or changed since its id was read has left the list.
    return found.filter((account) => account !== undefined).filter((account) => fits(account, query))
  }

  return {
    async listAccounts(query) {
      const { key, start } = indexOf(query, keys.accounts(query.scope))
      const page = await readPage(access, key, start, query)
      return { ...page, rows: await readRows(query, page.rows) }
    },
    async listUsers(query) {
      const { users } = keys.accounts(query.scope)
      if (query.search === undefined || query.search === '') return await readPage(access, users, '', query)
      return cutPage(await searchMembers(access, users, query.search), query)
    },
  }
}

function fits(account: Account, { externalUserId, app, oauthAppId }: AccountQuery): boolean {
  return (
    (externalUserId === undefined || account.externalUserId === externalUserId) &&
    (app === undefined || account.app === app) &&
    (oauthAppId === undefined || account.oauthAppId === oauthAppId)
  )
}
