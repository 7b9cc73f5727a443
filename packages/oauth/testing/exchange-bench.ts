import { type ManualClock, manualClock, sampleAccount } from '@proxy/conformance'
import {
  type Account,
  type AppDefinition,
  Cancellation,
  type CredentialValues,
  compileApp,
  type Sealer,
  type TokenSet,
  undiciTransport,
} from '@proxy/core'
import { type MemoryStorage, memoryStorage } from '@proxy/storage-memory'
import { oauthExchange } from '../src/index.js'

export interface ExchangeBench {
  readonly clock: ManualClock
  readonly storage: MemoryStorage
  /** One exchange for a new account with these values. */
  exchange(definition: AppDefinition, values?: Partial<CredentialValues>, account?: Partial<Account>): Promise<TokenSet>
  close(): Promise<void>
}

export interface ExchangeBenchOptions {
  /** What the address guard lets through besides public addresses. Default `127.0.0.1`. */
  readonly allowPrivate?: readonly string[]
  readonly sealer?: Sealer
}

/** The exchange over the guarded transport, with a clock that stands still. */
export function exchangeBench({ allowPrivate = ['127.0.0.1'], sealer }: ExchangeBenchOptions = {}): ExchangeBench {
  const clock = manualClock()
  const storage = memoryStorage({ clock })
  const transport = undiciTransport({ network: { allowPrivate, hosts: { 'one.acme.test': '127.0.0.1' } } })
  const exchange = oauthExchange({ transport, storage, clock, ...(sealer !== undefined && { sealer }) })
  return {
    clock,
    storage,
    async exchange(definition, values = {}, { values: _, ...fields } = {}) {
      const app = compileApp(definition, { isExempt: (host) => host === '127.0.0.1' || host.endsWith('.acme.test') })
      const account = sampleAccount({ app: app.slug, ...fields, values })
      return await exchange.exchange(account, app, new Cancellation())
    },
    close: () => transport.close(),
  }
}

/** An OAuth app whose tokens come from `tokenUrl`. */
export function oauthApp(tokenUrl: string, oauth: AppDefinition['oauth'] = {}): AppDefinition {
  return {
    name_slug: 'acme',
    name: 'Acme',
    auth_type: 'oauth',
    custom_fields: [{ name: 'subdomain' }, { name: 'tenant' }, { name: 'pin', type: 'password' }],
    connect: { base_proxy_target_url: 'https://api.acme.com' },
    auth: [{ kind: 'bearer' }],
    oauth: { token_url: tokenUrl, client_id: 'client-1', client_secret: 'client-secret', ...oauth },
  }
}

/** The stored values of a connected account. */
export const connected: Partial<CredentialValues> = {
  customFields: { subdomain: 'one', tenant: 't-1', pin: '1234' },
  credentials: { oauth_access_token: 'old-access', oauth_refresh_token: 'old-refresh' },
}
