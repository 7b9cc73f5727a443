import {
  type Account,
  type App,
  type CredentialValues,
  ExchangeRefusal,
  type NamedTemplate,
  type RefreshTokenSettings,
  type TokenSet,
} from '@proxy/core'
import { refreshTokenGrantRequest } from 'oauth4webapi'
import { readAnswer } from './answer.js'
import { clientAuth } from './client-auth.js'
import type { ExchangeParts } from './exchange-parts.js'
import { answerFault } from './faults.js'
import { findClient, type OAuthClient } from './oauth-client.js'
import { renderNamed } from './render.js'
import { endpoint, requestOptions } from './token-endpoint.js'
import { endOfJwt, readScopes, tokenSet } from './token-set.js'

/** Trades the refresh token for a new access token (RFC 6749, 6), with the oddities of the vendor. */
export async function refreshToken(
  account: Account,
  app: App,
  settings: RefreshTokenSettings,
  parts: ExchangeParts,
): Promise<TokenSet> {
  const values = account.values.reveal()
  const current = values.credentials.oauth_refresh_token
  if (current === undefined || current === '') throw new ExchangeRefusal('there is no refresh token')
  const client = await findClient(account, app, settings, parts)
  const url = settings.tokenUrl.resolve(account, app)
  const now = parts.clock.now()
  const known = withClient(values, client)
  const render = (list: readonly NamedTemplate[]) => renderNamed(list, known, { now })
  const { algorithm, privateKey, keyId, audience } = settings.assertion
  const authenticate = clientAuth(settings.clientAuth, {
    secret: client.secret,
    key: {
      algorithm,
      secret: privateKey?.render(known, { now }) ?? client.secret?.reveal(),
      keyId: keyId?.render(known, { now }),
      audience: audience?.render(known, { now }) ?? `${url.origin}${url.path.replace(/\?.*$/, '')}`,
      now,
    },
    account,
  })
  const response = await refreshTokenGrantRequest(endpoint(url), { client_id: client.id }, authenticate, current, {
    additionalParameters: render(settings.parameters),
    ...requestOptions(parts.fetch, render(settings.headers), settings.body),
  })
  const answer = await readAnswer(response)
  const tokens = tokenSet(answer, settings.answer, now)
  if (tokens === undefined) throw answerFault(answer, settings.error, settings.refusals, account)
  const token = tokens.credentials.oauth_access_token ?? ''
  return {
    credentials: tokens.credentials,
    expiresAt: (settings.expiryInToken && !tokens.saysEnd ? endOfJwt(token) : undefined) ?? tokens.expiresAt,
    scopes: readScopes(answer, settings.scope, settings.scopeSeparator),
  }
}

/** For templates that name the client: vendors call its fields differently. */
function withClient(values: CredentialValues, client: OAuthClient): CredentialValues {
  return {
    customFields: values.customFields,
    credentials: { ...values.credentials, client_id: client.id, client_secret: client.secret?.reveal() ?? '' },
  }
}
