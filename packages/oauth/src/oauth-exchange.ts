import {
  type Account,
  type App,
  type Clock,
  type DocumentStore,
  type Sealer,
  systemClock,
  type TokenExchange,
  type TokenSet,
  type Transport,
  type UpstreamLimits,
} from '@proxy/core'
import { assumeRole } from './assume-role.js'
import { clientCredentials } from './client-credentials.js'
import type { ExchangeParts } from './exchange-parts.js'
import { jwtBearer } from './jwt-bearer.js'
import { refreshToken } from './refresh-token.js'
import { session } from './session.js'
import { transportFetch } from './transport-fetch.js'

export interface OAuthExchangeOptions {
  /** The guarded transport, also of the proxied calls: tokens come from public addresses only. */
  readonly transport: Transport
  /** Where the OAuth clients of projects are stored. */
  readonly storage: Pick<DocumentStore, 'readDocument'>
  /** Opens their secrets; without it they are stored in plain. */
  readonly sealer?: Sealer
  readonly clock?: Clock
  /** Default: 30 s to the head of the vendor's answer, 10 s between bytes of its body. */
  readonly limits?: Partial<UpstreamLimits>
}

/** Gets tokens from vendors: refresh tokens, client credentials, signed assertions, logins. */
export function oauthExchange(options: OAuthExchangeOptions): TokenExchange {
  const { transport, storage, sealer } = options
  const clock = options.clock ?? systemClock()
  const limits = exchangeLimits(options)
  return {
    exchange(account, app, cancellation) {
      const fetch = transportFetch(transport, limits, cancellation)
      return exchangeBy(account, app, { fetch, clock, documents: storage, sealer })
    },
  }
}

/** How long a token request may take. */
export function exchangeLimits({ limits }: Pick<OAuthExchangeOptions, 'limits'>): UpstreamLimits {
  return { headTimeoutMs: 30_000, bodyIdleTimeoutMs: 10_000, ...limits }
}

async function exchangeBy(account: Account, app: App, parts: ExchangeParts): Promise<TokenSet> {
  const { renewal } = app
  switch (renewal?.kind) {
    case 'refresh-token':
      return await refreshToken(account, app, renewal.settings, parts)
    case 'client-credentials':
      return await clientCredentials(account, app, renewal.settings, parts)
    case 'jwt-bearer':
      return await jwtBearer(account, app, renewal.settings, parts)
    case 'session':
      return await session(account, app, renewal.settings, parts)
    case 'assume-role':
      return await assumeRole(account, app, renewal.settings, parts)
    default:
      throw new Error(`There is no exchange of the kind ${renewal?.kind}.`)
  }
}
