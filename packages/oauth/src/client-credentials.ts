import { type Account, type App, type ClientCredentialsSettings, Secret, type TokenSet } from '@proxy/core'
import { genericTokenEndpointRequest } from 'oauth4webapi'
import { readAnswer } from './answer.js'
import { assertionSecret } from './assertion-secret.js'
import { clientAuth } from './client-auth.js'
import type { ExchangeParts } from './exchange-parts.js'
import { answerFault, oauthError, voidClientErrors } from './faults.js'
import { renderNamed } from './render.js'
import { endpoint, requestOptions } from './token-endpoint.js'
import { tokenSet } from './token-set.js'

/** A token for a client that the account brings itself (RFC 6749, 4.4). */
export async function clientCredentials(
  account: Account,
  app: App,
  settings: ClientCredentialsSettings,
  parts: ExchangeParts,
): Promise<TokenSet> {
  const values = account.values.reveal()
  const now = parts.clock.now()
  const moment = { now }
  const url = settings.tokenUrl.resolve(account, app)
  const secret = settings.clientSecret?.render(values, moment)
  const authenticate = clientAuth(settings.clientAuth, {
    secret: secret === undefined ? undefined : new Secret(secret),
    key: {
      algorithm: settings.key?.algorithm ?? 'RS256',
      secret: settings.key && assertionSecret(settings.key, values, moment),
      keyId: settings.key?.keyId?.render(values, moment),
      audience: `${url.origin}${url.path.replace(/\?.*$/, '')}`,
      now,
    },
    account,
  })
  const { grant_type: grant = 'client_credentials', ...parameters } = renderNamed(settings.parameters, values, moment)
  if (settings.scopes.length > 0) parameters.scope = settings.scopes.join(settings.scopeSeparator)
  const response = await genericTokenEndpointRequest(
    endpoint(url),
    { client_id: settings.clientId.render(values, moment) },
    authenticate,
    grant,
    parameters,
    requestOptions(parts.fetch, renderNamed(settings.headers, values, moment), 'form'),
  )
  const answer = await readAnswer(response)
  const tokens = tokenSet(answer, settings.answer, now)
  if (tokens === undefined) throw answerFault(answer, oauthError, voidClientErrors, values)
  return { credentials: tokens.credentials, expiresAt: tokens.expiresAt, scopes: undefined }
}
