import { type Account, type App, ExchangeRefusal, type RefreshTokenSettings, type TokenSet } from '@proxy/core'
import { refreshTokenGrantRequest } from 'oauth4webapi'
import type { ExchangeParts } from './exchange-parts.js'
import { tokenGrant } from './token-grant.js'

/** Trades the refresh token for a new access token (RFC 6749, 6), with the oddities of the vendor. */
export async function refreshToken(
  account: Account,
  app: App,
  settings: RefreshTokenSettings,
  parts: ExchangeParts,
): Promise<TokenSet> {
  const current = account.values.reveal().credentials.oauth_refresh_token
  if (current === undefined || current === '') throw new ExchangeRefusal('there is no refresh token')
  const { refreshUrl: tokenUrl = settings.tokenUrl } = settings
  const grant = await tokenGrant(account, app, { ...settings, tokenUrl }, parts)
  const { server, client, authenticate, options, read } = grant
  return await read(await refreshTokenGrantRequest(server, client, authenticate, current, options))
}
