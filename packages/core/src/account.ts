import type { Secret } from './secret.js'

export type Environment = 'development' | 'production'

/** What every stored record belongs to. Two scopes never see each other's records. */
export interface Scope {
  readonly project: string
  readonly environment: Environment
}

/** The values that an app's templates read: `{{custom_fields.x}}` and `{{credentials.x}}`. Own string properties only. */
export interface CredentialValues {
  readonly customFields: Readonly<Record<string, string>>
  /** OAuth and exchanged tokens: `oauth_access_token`, `oauth_refresh_token`, … */
  readonly credentials: Readonly<Record<string, string>>
}

/** One connected account of one end user. `version` grows by one with every write. Times are epoch milliseconds. */
export interface Account extends Scope {
  /** `apn_` + letters and digits. */
  readonly id: string
  readonly version: number
  readonly externalUserId: string
  /** The app's `name_slug`. */
  readonly app: string
  /** Unique for its app within the scope; Nango's `connection_id`. */
  readonly externalId: string
  readonly name: string | undefined
  readonly values: Secret<CredentialValues>
  /** The OAuth client that the grant belongs to, when it is not the app's own. */
  readonly oauthAppId: string | undefined
  readonly authorizedScopes: readonly string[]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: number
  readonly updatedAt: number
  /** When the access token ends; undefined when it does not, or nobody knows. */
  readonly expiresAt: number | undefined
  readonly lastRefreshedAt: number | undefined
  /** A dead account is not called until somebody connects it again. */
  readonly dead: boolean
  /** Why the last refresh failed, for people; undefined while healthy. */
  readonly error: string | undefined
}
