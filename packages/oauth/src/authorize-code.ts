import type { AuthorizationRequest, AuthorizationSettings, TokenSet } from '@proxy/core'
import { authorizationCodeGrantRequest, nopkce, skipStateCheck, validateAuthResponse } from 'oauth4webapi'
import type { ExchangeParts } from './exchange-parts.js'
import { tokenGrant } from './token-grant.js'

/** Trades an authorization code for tokens (RFC 6749, 4.1.3). Its state was checked by whoever took the answer. */
export async function exchangeCode(
  { account, app, redirectUri, codeVerifier }: AuthorizationRequest,
  { token, pkce }: AuthorizationSettings,
  code: string,
  parts: ExchangeParts,
): Promise<TokenSet> {
  const { server, client, authenticate, options, read } = await tokenGrant(account, app, token, parts)
  const answer = validateAuthResponse(server, client, new URLSearchParams({ code }), skipStateCheck)
  const verifier = pkce ? codeVerifier : nopkce
  return await read(
    await authorizationCodeGrantRequest(server, client, authenticate, answer, redirectUri, verifier, options),
  )
}
