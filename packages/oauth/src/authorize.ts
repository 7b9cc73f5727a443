import { type App, type Authorization, type AuthorizationSettings, ProxyError, systemClock } from '@proxy/core'
import { exchangeCode } from './authorize-code.js'
import { authorizeUrl } from './authorize-url.js'
import { exchangeLimits, type OAuthExchangeOptions } from './oauth-exchange.js'
import { transportFetch } from './transport-fetch.js'

/** Gets grants from vendors by the authorization code flow, with PKCE. */
export function oauthAuthorization(options: OAuthExchangeOptions): Authorization {
  const { transport, storage, sealer } = options
  const clock = options.clock ?? systemClock()
  const limits = exchangeLimits(options)
  const parts = { clock, documents: storage, sealer }
  return {
    async authorizeUrl(request, state, scopes) {
      return await authorizeUrl(request, settingsOf(request.app), state, scopes, parts)
    },
    async exchangeCode(request, code, cancellation) {
      const fetch = transportFetch(transport, limits, cancellation)
      return await exchangeCode(request, settingsOf(request.app), code, { ...parts, fetch })
    },
  }
}

function settingsOf({ authorization, slug }: App): AuthorizationSettings {
  if (authorization !== undefined) return authorization
  throw new ProxyError('account_config_invalid', `The app ${slug} has no oauth.authorize_url and oauth.token_url.`)
}
