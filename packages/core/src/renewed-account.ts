import type { Account } from './account.js'
import type { TokenSet } from './ports/token-exchange.js'
import { Secret } from './secret.js'

/** The account with fresh tokens: healthy, alive, and everything else as it was. */
export function withTokens(account: Account, tokens: TokenSet, now: number): Account {
  const values = account.values.reveal()
  return {
    ...account,
    values: new Secret({ ...values, credentials: { ...values.credentials, ...tokens.credentials } }),
    expiresAt: tokens.expiresAt,
    authorizedScopes: tokens.scopes ?? account.authorizedScopes,
    lastRefreshedAt: now,
    updatedAt: now,
    dead: false,
    error: undefined,
  }
}
