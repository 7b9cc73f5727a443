import type { Account, AccountDirectory, AccountQuery } from '@proxy/core'
import type { Keys } from '../keys.js'
import type { StoreAccess } from '../store-access.js'
import { indexOf } from './account-rows.js'
import { type AccountStore, recordFields } from './account-store.js'
import { cutPage, readPage } from './member-pages.js'
import { searchMembers } from './search-members.js'

export interface AccountListsParts {
  readonly keys: Keys
  readonly access: StoreAccess
  readonly accounts: Pick<AccountStore, 'parse'>
}

/** Lists out of sorted sets, in the order of the ids' bytes. */
export function accountLists({ keys, access, accounts }: AccountListsParts): AccountDirectory {
  async function readRows(query: AccountQuery, ids: readonly string[]): Promise<readonly Account[]> {
    const { project, environment } = query.scope
    const scope = { project, environment }
    const names = keys.accounts(scope)
    const answers = await Promise.all(ids.map((id) => access.read(names.account(id), 'hmget', ...recordFields)))
    return answers.flatMap((fields, nth) => {
      const account = accounts.parse(scope, ids[nth] ?? '', fields)
      // What was deleted or changed since its id was read has left the list.
      return account !== undefined && fits(account, query) ? [account] : []
    })
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
