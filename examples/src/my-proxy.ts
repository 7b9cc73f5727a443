import {
  type ApiProxy,
  compileAllowPrivate,
  createAppRegistry,
  createAuthenticator,
  createProxy,
  keyDigest,
  Secret,
  systemClock,
  undiciTransport,
} from '@proxy/core'
import { clientDirectory, connectTokens, ed25519Tokens, pipedreamDialect, windowTokens } from '@proxy/dialect-pipedream'
import { memoryRateLimiter, memoryStorage } from '@proxy/storage-memory'

export interface MyProxyOptions {
  /** Where the example's API listens on this machine. */
  readonly apiPort: number
  /** The key that the API wants, and that callers never see. */
  readonly apiKey: string
  /** The key that callers show to the proxy. */
  readonly callerKey: string
  /** 32 random bytes in base64. */
  readonly signingKey: string
}

/** The engine put together by hand: one app, one account, one caller, everything in memory. */
export async function makeMyProxy(options: MyProxyOptions): Promise<ApiProxy> {
  const { apiPort, apiKey, callerKey, signingKey } = options
  const publicUrl = 'http://localhost:3000'
  const scope = { project: 'proj_mine', environment: 'development' } as const
  const clock = systemClock()
  const storage = memoryStorage({ clock })
  const rateLimiter = memoryRateLimiter({ clock })

  // An API on this machine is the exception; public hosts need none of `allowPrivate` and `isExempt`.
  const allowPrivate = [`127.0.0.1:${apiPort}`]
  const apps = createAppRegistry(
    [
      {
        name_slug: 'inventory',
        name: 'Inventory',
        auth_type: 'keys',
        custom_fields: [{ name: 'api_key', label: 'API key', type: 'password' }],
        connect: { base_proxy_target_url: `http://127.0.0.1:${apiPort}` },
        auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }],
      },
    ],
    { isExempt: compileAllowPrivate(allowPrivate).isExempt },
  )
  await storage.writeAccount(
    {
      ...scope,
      id: 'apn_mine1',
      version: 0,
      externalUserId: 'user-1',
      app: 'inventory',
      externalId: 'user-1',
      name: 'Inventory of user 1',
      values: new Secret({ customFields: { api_key: apiKey }, credentials: {} }),
      oauthAppId: undefined,
      authorizedScopes: [],
      metadata: {},
      createdAt: clock.now(),
      updatedAt: clock.now(),
      expiresAt: undefined,
      lastRefreshedAt: undefined,
      dead: false,
      error: undefined,
    },
    0,
  )

  const clients = clientDirectory([])
  const tokens = ed25519Tokens({ signingKeys: [signingKey], issuer: publicUrl, audience: publicUrl, clients, clock })
  const keys = [{ id: 'mine', digest: keyDigest(callerKey), ...scope, scopes: ['*'] }]
  const browserTokens = connectTokens({ documents: storage, clients, keys, clock })
  const windows = windowTokens({ signingKeys: [signingKey], issuer: publicUrl, clock })
  const authenticator = createAuthenticator({
    keys,
    verifiers: [tokens, browserTokens],
    documents: storage,
    clock,
  })
  const dialect = pipedreamDialect({
    storage,
    apps,
    authenticator,
    clients,
    tokens,
    connectTokens: browserTokens,
    windowTokens: windows,
    projects: [{ id: scope.project }],
    rateLimiter,
    clock,
    publicUrl,
  })
  return createProxy({
    apps,
    storage,
    rateLimiter,
    authenticator,
    customLimits: windows,
    transport: undiciTransport({ network: { allowPrivate }, clock }),
    dialects: [dialect],
    clock,
  })
}
