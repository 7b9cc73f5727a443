import { ProxyError } from '@proxy/core'
import type { RouteParts } from '../routes/route-parts.js'
import type { FoundConnectToken } from '../tokens/connect-tokens.js'
import type { AccessClaims } from '../tokens/ed25519-tokens.js'
import type { OAuthClient } from '../tokens/oauth-client.js'

/** The claims of a valid access token that was issued to this client; revoked ones included. */
export async function readOwnAccessToken(
  { tokens }: RouteParts,
  client: OAuthClient,
  token: string,
): Promise<AccessClaims | undefined> {
  const claims = await tokens.read(token).catch(ignoreInvalid)
  return claims?.client.id === client.id ? claims : undefined
}

/** A live connect token that this client made. */
export async function readOwnConnectToken(
  { connectTokens }: RouteParts,
  client: OAuthClient,
  token: string,
): Promise<FoundConnectToken | undefined> {
  const found = await connectTokens.find(token)
  return found?.record.client === client.id ? found : undefined
}

export function ignoreInvalid(error: unknown): undefined {
  if (error instanceof ProxyError && error.code === 'invalid_token') return undefined
  throw error
}
