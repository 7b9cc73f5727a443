import type { RouteParts } from '../routes/route-parts.js'
import { isConnectToken } from '../tokens/connect-token-form.js'
import type { OAuthAction } from './oauth-endpoints.js'
import { readOwnAccessToken, readOwnConnectToken } from './own-token.js'

/**
 * RFC 7009: a token of this client stops working. What is none, or another client's, is answered alike, so that nobody
 * can learn of tokens here.
 */
export function revocation(parts: RouteParts): OAuthAction {
  const { authenticator, connectTokens } = parts
  return async (client, fields) => {
    const token = fields.get('token') ?? ''
    if (isConnectToken(token)) {
      const found = await readOwnConnectToken(parts, client, token)
      if (found !== undefined) {
        await authenticator.revoke(found.id, found.expiresAt)
        await connectTokens.delete(found.id)
      }
    } else {
      const claims = await readOwnAccessToken(parts, client, token)
      if (claims !== undefined) await authenticator.revoke(claims.tokenId, claims.expiresAt * 1000)
    }
    return new Response(null, { status: 200, headers: { 'cache-control': 'no-store' } })
  }
}
