import type { Account, App, CredentialValues, NamedTemplate, RefreshTokenSettings, TokenSet } from '@proxy/core'
import type { AuthorizationServer, Client, ClientAuth } from 'oauth4webapi'
import { readAnswer } from './answer.js'
import { clientAuth } from './client-auth.js'
import type { ExchangeParts } from './exchange-parts.js'
import { answerFault } from './faults.js'
import { findClient, type OAuthClient } from './oauth-client.js'
import { renderNamed } from './render.js'
import { endpoint, requestOptions } from './token-endpoint.js'
import { endOfJwt, readScopes, tokenSet } from './token-set.js'

/** A request to a vendor's token endpoint, ready but for what is traded in. */
export interface TokenGrant {
  readonly server: AuthorizationServer
  readonly client: Client
  readonly authenticate: ClientAuth
  readonly options: ReturnType<typeof requestOptions> & {
    readonly additionalParameters: Readonly<Record<string, string>>
  }
  /** What the answer gives. Rejects with an `ExchangeRefusal` or `ExchangeFailure`. */
  read(response: Response): Promise<TokenSet>
}

/** By the app's `oauth` section, with the oddities of the vendor. */
export async function tokenGrant(
  account: Account,
  app: App,
  settings: RefreshTokenSettings,
  parts: ExchangeParts,
): Promise<TokenGrant> {
  const client = await findClient(account, app, settings, parts)
  const url = settings.tokenUrl.resolve(account, app)
  const now = parts.clock.now()
  const known = withClient(account.values.reveal(), client)
  const render = (list: readonly NamedTemplate[]) => renderNamed(list, known, { now })
  const { algorithm, privateKey, keyId, audience } = settings.assertion
  return {
    server: endpoint(url),
    client: { client_id: client.id },
    authenticate: clientAuth(settings.clientAuth, {
      secret: client.secret,
      key: {
        algorithm,
        secret: privateKey?.render(known, { now }) ?? client.secret?.reveal(),
        keyId: keyId?.render(known, { now }),
        audience: audience?.render(known, { now }) ?? `${url.origin}${url.path.replace(/\?.*$/, '')}`,
        now,
      },
      account,
    }),
    options: {
      additionalParameters: render(settings.parameters),
      ...requestOptions(parts.fetch, render(settings.headers), settings.body),
    },
    async read(response) {
      const answer = await readAnswer(response)
      const tokens = tokenSet(answer, settings.answer, now)
      if (tokens === undefined) throw answerFault(answer, settings.error, settings.refusals, known)
      const token = tokens.credentials.oauth_access_token ?? ''
      return {
        credentials: tokens.credentials,
        expiresAt: (settings.expiryInToken && !tokens.saysEnd ? endOfJwt(token) : undefined) ?? tokens.expiresAt,
        scopes: readScopes(answer, settings.scope, settings.scopeSeparator),
      }
    },
  }
}

/** For templates that name the client: vendors call its fields differently. */
function withClient(values: CredentialValues, client: OAuthClient): CredentialValues {
  return {
    customFields: values.customFields,
    credentials: { ...values.credentials, client_id: client.id, client_secret: client.secret?.reveal() ?? '' },
  }
}
