/** The secrets of the test world. Each is one word, so that a test can count it on the wire and look for it in logs. */
export const secrets = {
  mainClient: 'main-client-secret-1f8a',
  proxyOnlyClient: 'proxy-only-client-secret-77c2',
  readOnlyClient: 'read-only-client-secret-90de',
  otherClient: 'other-client-secret-3b41',
  staticKey: 'static-key-of-development-5e0d',
  acmeKey: 'acme-api-key-of-user-1-a6b7',
  acmeKeyOfUser2: 'acme-api-key-of-user-2-c8d9',
  acmeProductionKey: 'acme-api-key-in-production-e0f1',
  regionsToken: 'regions-token-of-user-1-2d3e',
  oauthToken: 'oauth-access-token-of-user-1-4f5a',
  queryKey: 'query-key-of-user-1-6b7c',
} as const

export const project = 'proj_sdk'
export const otherProject = 'proj_other'
export const user = 'user-1'

/** Accounts of `user` in development, by app. */
export const accounts = {
  acme: 'apn_acme1',
  acmeOfUser2: 'apn_acme2',
  acmeInProduction: 'apn_acmeprod',
  forms: 'apn_forms1',
  regions: 'apn_regions1',
  oauth: 'apn_oauth1',
  query: 'apn_query1',
} as const

/** The name that the dynamic base of the app `regions` renders to for `user`. */
export const regionsHost = 'north.regions.acme-test.com'

/** The configuration of a server whose apps all point at the upstream on this port. */
export function configuration(upstreamPort: number): Record<string, unknown> {
  const development = { project, environment: 'development', external_user_id: user }
  return {
    network: {
      allowPrivate: [`127.0.0.1:${upstreamPort}`, `[::1]:${upstreamPort}`],
      hosts: { [regionsHost]: '127.0.0.1', localhost: '127.0.0.1' },
    },
    limits: { project: { requests: 100_000, window: '60s' }, headTimeout: '3s', maxRequestBody: '300MiB' },
    projects: [
      {
        id: project,
        clients: [
          { id: 'main', secret: secrets.mainClient, scopes: ['*'] },
          { id: 'proxy-only', secret: secrets.proxyOnlyClient, scopes: ['connect:proxy'] },
          { id: 'read-only', secret: secrets.readOnlyClient, scopes: ['connect:accounts:read'] },
        ],
        secretKeys: [{ environment: 'development', key: secrets.staticKey }],
      },
      { id: otherProject, clients: [{ id: 'other', secret: secrets.otherClient, scopes: ['*'] }] },
    ],
    apps: apps(upstreamPort),
    accounts: [
      { ...development, id: accounts.acme, app: 'acme', custom_fields: { api_key: secrets.acmeKey } },
      {
        ...development,
        id: accounts.acmeOfUser2,
        external_user_id: 'user-2',
        app: 'acme',
        custom_fields: { api_key: secrets.acmeKeyOfUser2 },
      },
      {
        ...development,
        id: accounts.acmeInProduction,
        environment: 'production',
        app: 'acme',
        custom_fields: { api_key: secrets.acmeProductionKey },
      },
      { ...development, id: accounts.forms, app: 'acme-forms', custom_fields: { api_key: secrets.acmeKey } },
      {
        ...development,
        id: accounts.regions,
        app: 'regions',
        custom_fields: { region: 'north', token: secrets.regionsToken },
      },
      {
        ...development,
        id: accounts.oauth,
        app: 'acme-oauth',
        credentials: { oauth_access_token: secrets.oauthToken },
      },
      { ...development, id: accounts.query, app: 'acme-query', custom_fields: { key: secrets.queryKey } },
    ],
  }
}

function apps(port: number): object[] {
  const connect = {
    base_proxy_target_url: `http://localhost:${port}`,
    allowed_domains: [`localhost:${port}`],
    allow_http: true,
  }
  const apiKey = [{ name: 'api_key', label: 'API key', type: 'password' }]
  const apiKeyHeader = [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }]
  return [
    {
      name_slug: 'acme',
      name: 'Acme',
      description: 'The demo of everything',
      auth_type: 'keys',
      custom_fields: apiKey,
      connect,
      auth: apiKeyHeader,
    },
    {
      name_slug: 'acme-forms',
      name: 'Acme forms',
      auth_type: 'keys',
      custom_fields: apiKey,
      connect,
      auth: apiKeyHeader,
      encode_json_as_form: true,
    },
    { name_slug: 'acme-oauth', name: 'Acme OAuth', auth_type: 'oauth', connect, auth: [{ kind: 'bearer' }] },
    {
      name_slug: 'acme-query',
      name: 'Acme query',
      auth_type: 'keys',
      custom_fields: [{ name: 'key', label: 'Key', type: 'password' }],
      connect,
      auth: [{ kind: 'query', name: 'key', value: '{{custom_fields.key}}' }],
    },
    {
      name_slug: 'regions',
      name: 'Regions',
      auth_type: 'keys',
      custom_fields: [
        { name: 'region', label: 'Region', format: 'host-label' },
        { name: 'token', label: 'Token', type: 'password' },
      ],
      connect: {
        base_proxy_target_url: `http://{{custom_fields.region}}.regions.acme-test.com:${port}`,
        allowed_domains: [`{{custom_fields.region}}.regions.acme-test.com:${port}`],
        allow_http: true,
      },
      auth: [{ kind: 'bearer', token: '{{custom_fields.token}}' }],
    },
  ]
}
