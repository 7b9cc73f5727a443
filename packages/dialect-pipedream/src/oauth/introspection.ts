import { type Caller, ProxyError } from '@proxy/core'
import type { RouteParts } from '../routes/route-parts.js'
import { isConnectToken } from '../tokens/connect-token-form.js'
import type { OAuthAction } from './oauth-endpoints.js'
import { oauthAnswer } from './oauth-error.js'
import { ignoreInvalid, readOwnAccessToken, readOwnConnectToken } from './own-token.js'

/** RFC 7662, for tokens of the client that asks. All others are `{"active":false}`. */
export function introspection(parts: RouteParts): OAuthAction {
  return async (client, fields) => {
    const token = fields.get('token') ?? ''
    const described = isConnectToken(token) ? await ofConnectToken() : await ofAccessToken()
    return oauthAnswer(described === undefined ? { active: false } : { active: true, ...described })

    async function ofAccessToken(): Promise<object | undefined> {
      const claims = await readOwnAccessToken(parts, client, token)
      if (claims === undefined || (await caller(token)) === undefined) return undefined
      return {
        token_type: 'Bearer',
        client_id: client.id,
        sub: client.id,
        scope: claims.scopes.join(' '),
        iat: claims.issuedAt,
        exp: claims.expiresAt,
        jti: claims.tokenId,
      }
    }

    async function ofConnectToken(): Promise<object | undefined> {
      const found = await readOwnConnectToken(parts, client, token)
      if (found === undefined || (await caller(token)) === undefined) return undefined
      return {
        token_type: 'Bearer',
        client_id: client.id,
        sub: found.record.externalUserId,
        scope: found.record.scopes.join(' '),
        exp: Math.floor(found.expiresAt / 1000),
      }
    }
  }

  /** The authenticator knows what was revoked. It counts a failure, but for no source, so that nobody suffers by it. */
  async function caller(token: string): Promise<Caller | undefined> {
    try {
      return await parts.authenticator.authenticate(token, 'introspection')
    } catch (error) {
      if (error instanceof ProxyError && error.code === 'rate_limited') return undefined
      return ignoreInvalid(error)
    }
  }
}
