import type { Environment } from '../account.js'

/** Who asks, as proven by a token or a key. */
export interface Caller {
  /** Client id, key id or connect token id; never the secret. Shown in logs, and a bucket of the rate limit. */
  readonly client: string
  readonly kind: 'client' | 'key' | 'connect-token'
  readonly project: string
  /** Undefined when the caller may name either environment. */
  readonly environment: Environment | undefined
  /** Undefined when the caller may name any end user of the project. */
  readonly externalUserId: string | undefined
  readonly scopes: readonly string[]
  /** Origins from which a browser may use it; undefined for any. */
  readonly allowedOrigins: readonly string[] | undefined
}

export interface Authenticator {
  /** Rejects (throws) with `missing_token`, `invalid_token`, `rate_limited` (too many failures) or `credential_store_unavailable`. */
  authenticate(bearer: string | undefined, remoteAddress: string): Promise<Caller> | Caller
}

/** Proves one kind of bearer value. Undefined: not a value of this kind. Throws `invalid_token` when it is, but bad. */
export interface TokenVerifier {
  verify(bearer: string): Promise<VerifiedCaller | undefined>
}

export interface VerifiedCaller {
  readonly caller: Caller
  /** Epoch milliseconds after which it is void. */
  readonly expiresAt: number
  /** Names the token in the list of revoked ones; undefined when it cannot be revoked one by one. */
  readonly tokenId: string | undefined
}
