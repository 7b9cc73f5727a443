import { createHash } from 'node:crypto'
import type { AuthorizationRequest, AuthorizationSettings } from '@proxy/core'
import type { ExchangeParts } from './exchange-parts.js'
import { findClient } from './oauth-client.js'
import { renderNamed } from './render.js'

/** The address of an authorization request (RFC 6749, 4.1.1; RFC 7636, 4.3). */
export async function authorizeUrl(
  { account, app, redirectUri, codeVerifier }: AuthorizationRequest,
  settings: AuthorizationSettings,
  state: string,
  scopes: readonly string[],
  parts: Omit<ExchangeParts, 'fetch'>,
): Promise<string> {
  const client = await findClient(account, app, settings.token, parts)
  const { origin, path } = settings.url.resolve(account, app)
  const values = { ...account.values.reveal(), credentials: { client_id: client.id } }
  const url = new URL(`${origin}${path}`)
  const parameters = {
    response_type: 'code',
    client_id: client.id,
    ...(scopes.length > 0 && { scope: scopes.join(settings.scopeSeparator) }),
    ...renderNamed(settings.parameters, values, { now: parts.clock.now() }),
    redirect_uri: redirectUri,
    state,
    ...(settings.pkce && { code_challenge: challenge(codeVerifier), code_challenge_method: 'S256' }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  // Some vendors read a plus as it stands.
  url.search = url.search.replaceAll('+', '%20')
  return url.href
}

function challenge(codeVerifier: string): string {
  return createHash('sha256').update(codeVerifier).digest('base64url')
}
