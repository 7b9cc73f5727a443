import type { Account } from './account.js'
import { ownJson } from './own-json.js'
import { Secret } from './secret.js'

/** A frozen deep copy of `account` with another version, without fields that are not an account's. */
export function freezeAccount(account: Account, version: number): Account {
  const { customFields, credentials } = account.values.reveal()
  return Object.freeze({
    id: account.id,
    version,
    project: account.project,
    environment: account.environment,
    externalUserId: account.externalUserId,
    app: account.app,
    externalId: account.externalId,
    name: account.name,
    values: new Secret(
      Object.freeze({ customFields: freezeStrings(customFields), credentials: freezeStrings(credentials) }),
    ),
    oauthAppId: account.oauthAppId,
    authorizedScopes: Object.freeze([...account.authorizedScopes]),
    metadata: ownJson(account.metadata) as Readonly<Record<string, unknown>>,
    createdAt: account.createdAt,
    updatedAt: account.updatedAt,
    expiresAt: account.expiresAt,
    lastRefreshedAt: account.lastRefreshedAt,
    dead: account.dead,
    error: account.error,
  })
}

/** A frozen copy without prototype: `constructor` and the like are absent unless they were stored. */
export function freezeStrings(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const copy: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(record)) copy[name] = value
  return Object.freeze(copy)
}
