import type { Account } from '../account.js'
import type { App } from '../app.js'
import type { Cancellation } from '../cancellation.js'
import type { NamedTemplate, RefreshTokenSettings, UrlTemplate } from './renewal.js'
import type { TokenSet } from './token-exchange.js'

/** How an app's grants are asked for (RFC 6749, 4.1.1): its `oauth` section, compiled. */
export interface AuthorizationSettings {
  readonly url: UrlTemplate
  /** Further parameters, over public custom fields and `credentials.client_id`. */
  readonly parameters: readonly NamedTemplate[]
  readonly scopes: readonly string[]
  readonly scopeSeparator: string
  /** Sends a challenge (RFC 7636, S256). */
  readonly pkce: boolean
  /** How the code is exchanged. */
  readonly token: RefreshTokenSettings
}

/** What an authorization request and the exchange of its code have in common. */
export interface AuthorizationRequest {
  /** The account that is being connected, perhaps not stored yet: its project, fields and OAuth client count. */
  readonly account: Account
  readonly app: App
  readonly redirectUri: string
  /** 43 to 128 unreserved characters (RFC 7636, 4.1). */
  readonly codeVerifier: string
}

/** Gets a grant from a vendor with the end user's browser: the authorization code flow. */
export interface Authorization {
  /** Where the browser goes. Rejects with `account_config_invalid` when the app or the account lacks something. */
  authorizeUrl(request: AuthorizationRequest, state: string, scopes: readonly string[]): Promise<string>
  /** One attempt, which ends soon after `cancellation`. Rejects as `TokenExchange.exchange` does. */
  exchangeCode(request: AuthorizationRequest, code: string, cancellation: Cancellation): Promise<TokenSet>
}
