import type { Account } from './account.js'
import type { App } from './app.js'
import type { TokenSet } from './ports/token-exchange.js'
import { Secret } from './secret.js'

/** The account with fresh tokens: healthy, alive, and everything else as it was. */
export function withTokens(account: Account, tokens: TokenSet, now: number): Account {
  const values = account.values.reveal()
  const { expiresAt } = tokens
  return {
    ...account,
    values: new Secret({ ...values, credentials: { ...values.credentials, ...tokens.credentials } }),
    // A fresh token that has ended already tells of a clock that is wrong, here or there: then nobody knows its end.
    expiresAt: expiresAt !== undefined && expiresAt > now ? expiresAt : undefined,
    authorizedScopes: tokens.scopes ?? account.authorizedScopes,
    lastRefreshedAt: now,
    updatedAt: now,
    dead: false,
    error: undefined,
  }
}

/** True when both hold the same tokens, so that no renewal and no new grant lies between them. */
export function haveSameTokens(one: Account, other: Account): boolean {
  return one.values === other.values || isSame(one.values.reveal().credentials, other.values.reveal().credentials)
}

/** True when a token made for one is as good for the other: same tokens, same fields, same OAuth client. */
export function haveSameGrant(one: Account, other: Account): boolean {
  return (
    haveSameTokens(one, other) &&
    one.oauthAppId === other.oauthAppId &&
    isSame(one.values.reveal().customFields, other.values.reveal().customFields)
  )
}

/** True when there is a token to inject, whatever its age. */
export function holdsToken(account: Account, app: App): boolean {
  if (app.renewal?.kind === 'refresh-token') return holds(account, 'oauth_access_token')
  return app.renewal?.fromNothing !== true || account.lastRefreshedAt !== undefined
}

/** True when a new token can be had without the end user. */
export function isRenewable(account: Account, app: App): boolean {
  if (app.renewal === undefined || account.dead) return false
  return app.renewal.kind !== 'refresh-token' || holds(account, 'oauth_refresh_token')
}

function holds(account: Account, name: string): boolean {
  const { credentials } = account.values.reveal()
  return Object.hasOwn(credentials, name) && credentials[name] !== ''
}

function isSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
