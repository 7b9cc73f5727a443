import type { Account } from '../account.js'
import type { App } from '../app.js'
import type { Cancellation } from '../cancellation.js'

/** What a successful exchange gives. */
export interface TokenSet {
  /** Merged over the account's `credentials`: `oauth_access_token`, a rotated `oauth_refresh_token`, … */
  readonly credentials: Readonly<Record<string, string>>
  /** Epoch milliseconds at which the access token ends; undefined when nobody knows. */
  readonly expiresAt: number | undefined
  /** Scopes as granted now; undefined when the answer does not say. */
  readonly scopes: readonly string[] | undefined
}

/** Gets a fresh credential for an account from the vendor: OAuth2 refresh, client credentials, a login, … */
export interface TokenExchange {
  /**
   * One attempt, which ends soon after `cancellation`. Rejects with `ExchangeRefusal` when the vendor says that the grant
   * is void, with `account_config_invalid` when the account lacks something, with `ExchangeFailure` or any other error
   * when the outcome is unknown or may be better next time.
   */
  exchange(account: Account, app: App, cancellation: Cancellation): Promise<TokenSet>
}
