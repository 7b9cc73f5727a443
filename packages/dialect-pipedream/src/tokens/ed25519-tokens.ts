import { randomBytes } from 'node:crypto'
import { type Clock, hasScope, systemClock, type TokenVerifier } from '@proxy/core'
import type { ClientDirectory, OAuthClient } from './oauth-client.js'
import { signingKeys } from './signing-keys.js'
import { invalidToken, isJwtForm, type StrictClaims, signJwt, verifyJwt } from './strict-jwt.js'

export interface Ed25519TokensOptions {
  /** Ed25519 seeds, 32 bytes in base64. The first one signs, all of them verify. */
  readonly signingKeys: readonly string[]
  readonly issuer: string
  readonly audience: string
  /** Default 3600. */
  readonly lifetimeSeconds?: number
  readonly clients: ClientDirectory
  readonly clock?: Pick<Clock, 'now'>
}

export interface IssuedToken {
  readonly token: string
  /** Epoch seconds. */
  readonly createdAt: number
  readonly lifetimeSeconds: number
}

/** What a valid access token says. Times are epoch seconds. */
export interface AccessClaims {
  readonly client: OAuthClient
  readonly scopes: readonly string[]
  readonly tokenId: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Stateless access tokens: they outlive a restart and hold on every instance that has the keys. */
export interface AccessTokens extends TokenVerifier {
  issue(client: OAuthClient, scopes: readonly string[]): Promise<IssuedToken>
  /** Undefined for what is not a JWT; throws `invalid_token` for a bad one. Knows nothing of revocation. */
  read(token: string): Promise<AccessClaims | undefined>
}

/** EdDSA JWTs, issued to clients and verified by `spec/security` 3.3. */
export function ed25519Tokens(options: Ed25519TokensOptions): AccessTokens {
  const { issuer, audience, clients } = options
  const clock = options.clock ?? systemClock()
  const lifetimeSeconds = options.lifetimeSeconds ?? 3600
  if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 1) throw new Error('lifetimeSeconds must be 1 or more.')
  const keys = signingKeys(options.signingKeys)

  async function read(token: string): Promise<AccessClaims | undefined> {
    if (!isJwtForm(token)) return undefined
    const claims = await verifyJwt(token, { keys, issuer, audience, now: clock.now() })
    const client = clients.find(claims.sub)
    const scopes = scopesOf(claims)
    // A client that was removed, moved to another project or stripped of a scope takes its tokens with it.
    if (client === undefined || claims.project !== client.project || claims.environment !== client.environment) {
      throw invalidToken()
    }
    if (!scopes.every((scope) => hasScope(client.scopes, scope))) throw invalidToken()
    return { client, scopes, tokenId: claims.jti, issuedAt: claims.iat, expiresAt: claims.exp }
  }

  return {
    read,
    async issue(client, scopes) {
      const createdAt = Math.floor(clock.now() / 1000)
      const claims = {
        sub: client.id,
        project: client.project,
        ...(client.environment === undefined ? undefined : { environment: client.environment }),
        scope: scopes.join(' '),
        jti: randomBytes(16).toString('base64url'),
        iat: createdAt,
        exp: createdAt + lifetimeSeconds,
      }
      return { token: await signJwt(claims, { keys, issuer, audience }), createdAt, lifetimeSeconds }
    },
    async verify(bearer) {
      const claims = await read(bearer)
      if (claims === undefined) return undefined
      const { client, scopes, tokenId, expiresAt } = claims
      return {
        caller: {
          client: client.id,
          kind: 'client',
          project: client.project,
          environment: client.environment,
          externalUserId: undefined,
          allowedOrigins: undefined,
          scopes,
        },
        expiresAt: expiresAt * 1000,
        tokenId,
      }
    },
  }
}

function scopesOf(claims: StrictClaims): readonly string[] {
  const scope = claims.scope
  if (typeof scope !== 'string' || scope === '') throw invalidToken()
  return scope.split(' ')
}
