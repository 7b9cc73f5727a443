import { Nango } from '@nangohq/node'
import {
  type RawAnswer,
  type RawRequest,
  type RecordedRequest,
  type RunningServer,
  rawRequest,
  startServer,
  startUpstream,
  type Upstream,
} from '@proxy/test-support'

/** Secrets of this world. Each is one word, so that a test can count it on the wire and look for it in logs. */
export const secrets = {
  development: 'nango-secret-key-of-development-9c1e',
  production: 'nango-secret-key-of-production-2b7d',
  proxyOnly: 'nango-secret-key-of-the-proxy-44af',
  backend: 'backend-client-secret-6d0e',
  acmeKey: 'acme-api-key-of-c1-a6b7',
  acmeProductionKey: 'acme-api-key-in-production-e0f1',
  shopToken: 'shop-access-token-of-c1-5e0d',
  shopRefresh: 'shop-refresh-token-of-c1-77c2',
  tenantToken: 'tenant-token-of-c1-2d3e',
  booksPassword: 'books-password-of-c1-8f8f',
} as const

export const project = 'proj_nango'
/** The host that the base of the app `tenants` has for connection `c1`. */
export const tenantHost = 'north.tenants.acme-test.com'

export interface NangoWorld {
  readonly server: RunningServer
  readonly upstream: Upstream
  /** The official client, as a user makes it. */
  client(secretKey?: string): Nango
  /** A call without the client: `/proxy/…` with the headers of connection `c1` of `acme`; undefined leaves one out. */
  raw(path: string, request?: RawRequest & { headers?: Record<string, string | undefined> }): Promise<RawAnswer>
  stop(): Promise<void>
}

/** The connection that most tests call with. */
export const acme = { providerConfigKey: 'acme', connectionId: 'c1' } as const

export const callHeaders: Record<string, string> = {
  authorization: `Bearer ${secrets.development}`,
  'provider-config-key': acme.providerConfigKey,
  'connection-id': acme.connectionId,
}

/** A server with Nango's users in it, and the upstream that its apps point at. */
export async function startNangoWorld(sections: Readonly<Record<string, unknown>> = {}): Promise<NangoWorld> {
  const upstream = await startUpstream()
  const config = { ...configuration(upstream.port), ...sections }
  const server = await startServer({ config }).catch(async (error: unknown) => {
    await upstream.stop()
    throw error
  })
  return {
    server,
    upstream,
    client: (secretKey = secrets.development) => new Nango({ host: server.url, secretKey }),
    raw: (path, request = {}) => {
      const headers = Object.entries({ ...callHeaders, ...request.headers }).filter(([, value]) => value !== undefined)
      return rawRequest(`${server.url}${path}`, { ...request, headers: Object.fromEntries(headers) })
    },
    stop: async () => {
      await server.stop()
      await upstream.stop()
    },
  }
}

/** How often a secret stands anywhere in a request: its line, its headers, its body. */
export function occurrences(request: RecordedRequest, secret: string): number {
  const whole = [request.method, request.url, ...request.rawHeaders, request.body.toString('latin1')].join('\n')
  return whole.split(secret).length - 1
}

/** What a client throws: the error that every caller of it catches. */
export interface ClientError {
  readonly isAxiosError: boolean
  readonly code: string
  readonly response: { readonly status: number; readonly data: unknown; readonly headers: Record<string, string> }
}

/** The error that a call of the client ends with; throws when it ends well. */
export async function errorOf(call: Promise<unknown>): Promise<ClientError> {
  try {
    await call
  } catch (error) {
    return error as ClientError
  }
  throw new Error('the call went well')
}

function configuration(port: number): Record<string, unknown> {
  const development = { project, environment: 'development', external_user_id: 'user-1', external_id: 'c1' }
  return {
    network: {
      allowPrivate: [`127.0.0.1:${port}`, `[::1]:${port}`],
      hosts: { [tenantHost]: '127.0.0.1', localhost: '127.0.0.1' },
    },
    limits: {
      project: { requests: 100_000, window: '60s' },
      headTimeout: '1s',
      maxRequestBody: '300MiB',
      maxRetryWait: '3500ms',
    },
    projects: [
      {
        id: project,
        clients: [{ id: 'backend', secret: secrets.backend, scopes: ['*'] }],
        secretKeys: [
          { environment: 'development', key: secrets.development },
          { environment: 'production', key: secrets.production },
          { environment: 'development', key: secrets.proxyOnly, scopes: ['connect:proxy'] },
        ],
      },
    ],
    apps: apps(port),
    accounts: [
      { ...development, id: 'apn_acme1', app: 'acme', custom_fields: { api_key: secrets.acmeKey } },
      {
        ...development,
        environment: 'production',
        id: 'apn_acmeprod',
        app: 'acme',
        custom_fields: { api_key: secrets.acmeProductionKey },
      },
      {
        ...development,
        id: 'apn_shop1',
        app: 'shop',
        credentials: { oauth_access_token: secrets.shopToken, oauth_refresh_token: secrets.shopRefresh },
      },
      {
        ...development,
        id: 'apn_tenant1',
        app: 'tenants',
        custom_fields: { tenant: 'north', token: secrets.tenantToken },
      },
      {
        ...development,
        id: 'apn_books1',
        app: 'books',
        custom_fields: { username: 'ann', password: secrets.booksPassword },
      },
      { ...development, id: 'apn_nobase1', app: 'nobase', custom_fields: { api_key: secrets.acmeKey } },
    ],
  }
}

function apps(port: number): object[] {
  const base = `http://localhost:${port}`
  const connect = { base_proxy_target_url: base, allow_http: true }
  const apiKey = [{ name: 'api_key', label: 'API key', type: 'password' }]
  const apiKeyHeader = [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }]
  return [
    {
      name_slug: 'acme',
      name: 'Acme',
      aliases: ['Acme Legacy~1'],
      auth_type: 'keys',
      custom_fields: apiKey,
      connect: { ...connect, allowed_domains: [`127.0.0.1:${port}`] },
      auth: apiKeyHeader,
      headers: { 'acme-version': '2026-01-01' },
    },
    { name_slug: 'shop', name: 'Shop', auth_type: 'oauth', connect, auth: [{ kind: 'bearer' }] },
    {
      name_slug: 'books',
      name: 'Books',
      auth_type: 'keys',
      custom_fields: bookFields,
      connect,
      auth: [{ kind: 'basic' }],
    },
    {
      name_slug: 'deep',
      name: 'Deep',
      auth_type: 'keys',
      custom_fields: apiKey,
      connect: { ...connect, base_proxy_target_url: `${base}/api/v1` },
      auth: apiKeyHeader,
    },
    { name_slug: 'nobase', name: 'No base', auth_type: 'keys', custom_fields: apiKey, connect: {}, auth: apiKeyHeader },
    {
      name_slug: 'tenants',
      name: 'Tenants',
      auth_type: 'keys',
      custom_fields: [
        { name: 'tenant', label: 'Tenant', format: 'host-label' },
        { name: 'token', label: 'Token', type: 'password' },
      ],
      connect: {
        base_proxy_target_url: `http://{{custom_fields.tenant}}.tenants.acme-test.com:${port}`,
        allow_http: true,
      },
      auth: [{ kind: 'bearer', token: '{{custom_fields.token}}' }],
    },
  ]
}

const bookFields = [{ name: 'username' }, { name: 'password', type: 'password' }]
