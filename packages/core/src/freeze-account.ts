import type { Account } from './account.js'
import { isRecord } from './app-shape.js'
import { ownJson } from './own-json.js'
import { Secret } from './secret.js'
import { ownText, sharedText } from './shared-text.js'

/** A frozen deep copy of `account` with another version, without fields that are not an account's. */
export function freezeAccount(account: Account, version: number): Account {
  const { customFields, credentials } = account.values.reveal()
  return frozenAccount({
    ...account,
    version,
    values: new Secret(
      Object.freeze({ customFields: freezeStrings(customFields), credentials: freezeStrings(credentials) }),
    ),
    authorizedScopes: [...account.authorizedScopes],
    metadata: ownJson(account.metadata) as Readonly<Record<string, unknown>>,
  })
}

/**
 * The account that is kept, made of parts that are nobody else's. Among a hundred thousand accounts each line of memory
 * that a call touches is out of the caches: what calls read stands together at the front, each text is in one piece, and
 * what many accounts share is there once.
 */
export function frozenAccount(account: Account): Account {
  return Object.freeze({
    id: ownText(account.id),
    project: sharedText(account.project),
    environment: sharedText(account.environment),
    externalUserId: ownText(account.externalUserId),
    app: sharedText(account.app),
    values: account.values,
    dead: account.dead,
    expiresAt: account.expiresAt,
    version: account.version,
    externalId: ownText(account.externalId),
    name: account.name,
    oauthAppId: account.oauthAppId,
    authorizedScopes: account.authorizedScopes.length === 0 ? noScopes : Object.freeze(account.authorizedScopes),
    metadata: isRecord(account.metadata) && Object.keys(account.metadata).length === 0 ? noMetadata : account.metadata,
    createdAt: account.createdAt,
    updatedAt: account.updatedAt,
    lastRefreshedAt: account.lastRefreshedAt,
    error: account.error,
  })
}

const noScopes: readonly string[] = Object.freeze([])
const noMetadata: Readonly<Record<string, unknown>> = Object.freeze({})

/** Without anything to inherit. An object whose prototype is `null` itself is a hash table to V8, of many times the size. */
const nothing: object = Object.freeze(Object.create(null))
const noStrings: Readonly<Record<string, string>> = Object.freeze(Object.create(nothing))

/** A frozen copy that inherits nothing: `constructor` and the like are absent unless they were stored. */
export function freezeStrings(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(record)
  if (entries.length === 0) return noStrings
  const copy: Record<string, string> = Object.create(nothing)
  for (const [name, value] of entries) copy[name] = ownText(value)
  return Object.freeze(copy)
}
