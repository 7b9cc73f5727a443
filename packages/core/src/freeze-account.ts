import type { Account } from './account.js'
import { ownJson } from './own-json.js'
import { Secret } from './secret.js'

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
 * that a call touches is out of the caches: what calls read stands together at the front, and what many accounts share
 * is there once.
 */
export function frozenAccount(account: Account): Account {
  return Object.freeze({
    id: account.id,
    project: shared(account.project),
    environment: account.environment === 'development' ? 'development' : 'production',
    externalUserId: account.externalUserId,
    app: shared(account.app),
    values: account.values,
    dead: account.dead,
    expiresAt: account.expiresAt,
    version: account.version,
    externalId: account.externalId,
    name: account.name,
    oauthAppId: account.oauthAppId,
    authorizedScopes: account.authorizedScopes.length === 0 ? noScopes : Object.freeze(account.authorizedScopes),
    metadata: Object.keys(account.metadata).length === 0 ? noMetadata : account.metadata,
    createdAt: account.createdAt,
    updatedAt: account.updatedAt,
    lastRefreshedAt: account.lastRefreshedAt,
    error: account.error,
  })
}

const noScopes: readonly string[] = Object.freeze([])
const noMetadata: Readonly<Record<string, unknown>> = Object.freeze({})

const texts = new Map<string, string>()
const textsMost = 10_000

/** The same text, as one string for all accounts. */
function shared(text: string): string {
  const known = texts.get(text)
  if (known !== undefined) return known
  if (texts.size >= textsMost) texts.clear()
  texts.set(text, text)
  return text
}

/** Inherits nothing. An object whose prototype is `null` itself is a hash table to V8, of many times the size. */
class Strings {
  static {
    Object.setPrototypeOf(this.prototype, null)
    Reflect.deleteProperty(this.prototype, 'constructor')
  }
}

const noStrings: Readonly<Record<string, string>> = Object.freeze(new Strings() as Record<string, string>)

/** A frozen copy that inherits nothing: `constructor` and the like are absent unless they were stored. */
export function freezeStrings(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(record)
  if (entries.length === 0) return noStrings
  const copy = new Strings() as Record<string, string>
  for (const [name, value] of entries) {
    Object.defineProperty(copy, name, { value, enumerable: true })
  }
  return Object.freeze(copy)
}
