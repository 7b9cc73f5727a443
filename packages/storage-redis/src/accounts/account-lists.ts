import {
  type Account,
  type AccountDirectory,
  type AccountQuery,
  recordKeyId,
  type SealedAccounts,
  type Sealer,
} from '@proxy/core'
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
  readonly sealer: Sealer | undefined
}

/** Lists out of sorted sets, in the order of the ids' bytes. */
export function accountLists({ keys, access, accounts, sealer }: AccountListsParts): AccountDirectory & SealedAccounts {
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
    async listSealedAccounts(scope, limit, after) {
      const names = keys.accounts(scope)
      const { key, start } = indexOf({ scope, limit }, names)
      const { rows } = await readPage(access, key, start, { limit, ...(after !== undefined && { after }) })
      const records = await Promise.all(rows.map((id) => access.read(names.account(id), 'hmget', 'record')))
      return rows.map((id, nth) => ({ id, keyId: keyIdOf(records[nth], sealer) }))
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

function keyIdOf(fields: unknown, sealer: Sealer | undefined): string | undefined {
  const record: unknown = Array.isArray(fields) ? fields[0] : undefined
  return sealer === undefined || typeof record !== 'string' ? undefined : recordKeyId(record, sealer)
}
