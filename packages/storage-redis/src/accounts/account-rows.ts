import type { Account, AccountQuery } from '@proxy/core'
import { type AccountKeys, encodePart } from '../keys.js'

type Filter = 'externalUserId' | 'app' | 'oauthAppId'

/** Each combination of filters has an index of its own: a page costs the same whatever is asked for. */
const indexes: readonly { readonly name: string; readonly filters: readonly Filter[] }[] = [
  { name: 'id', filters: [] },
  { name: 'user', filters: ['externalUserId'] },
  { name: 'app', filters: ['app'] },
  { name: 'oauth-app', filters: ['oauthAppId'] },
  { name: 'user+app', filters: ['externalUserId', 'app'] },
  { name: 'user+oauth-app', filters: ['externalUserId', 'oauthAppId'] },
  { name: 'app+oauth-app', filters: ['app', 'oauthAppId'] },
  { name: 'user+app+oauth-app', filters: ['externalUserId', 'app', 'oauthAppId'] },
]

/** Position of the index by user in `indexKeys`. */
export const userIndex = 1

export function indexKeys(keys: AccountKeys): readonly string[] {
  return indexes.map(({ name }) => keys.index(name))
}

/** Where an account stands in the indexes, as the scripts keep it beside the record. */
export interface AccountRows {
  readonly user: string
  /** In the index by user, all members of this user begin so. */
  readonly userStart: string
  readonly external: string
  /** One member for each index; empty where the account has no place. */
  readonly members: readonly string[]
}

export function rowsOf(account: Account): AccountRows {
  return {
    user: account.externalUserId,
    userStart: memberStart([account.externalUserId]),
    external: externalField(account.app, account.externalId),
    members: indexes.map(({ filters }) => {
      const values = filters.map((filter) => account[filter])
      return values.every(isText) ? memberStart(values) + account.id : ''
    }),
  }
}

export function externalField(app: string, externalId: string): string {
  return `${encodePart(app)}/${encodePart(externalId)}`
}

/** The index that a query needs, and what the members begin with that fit it. */
export function indexOf(query: AccountQuery, keys: AccountKeys): { readonly key: string; readonly start: string } {
  const asked = (filter: Filter): boolean => query[filter] !== undefined
  const all: readonly Filter[] = ['externalUserId', 'app', 'oauthAppId']
  const wanted = all.filter(asked)
  const index = indexes.find(({ filters }) => filters.length === wanted.length && filters.every(asked))
  return { key: keys.index(index?.name ?? ''), start: memberStart(wanted.map((filter) => query[filter] ?? '')) }
}

/** A member is the encoded values, a space, and the id as it is: ids that share the values stand in order. */
function memberStart(values: readonly string[]): string {
  return values.length === 0 ? '' : `${values.map(encodePart).join('/')} `
}

function isText(value: string | undefined): value is string {
  return value !== undefined
}
