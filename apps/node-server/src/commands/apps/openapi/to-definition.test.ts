import { describe, expect, it } from 'vitest'
import { toDefinition } from './to-definition.js'

function importDocument(document: object) {
  const { definition, undecided } = toDefinition(document, { slug: undefined, place: 'api.json' })
  return { app: definition, undecided }
}

const info = { title: 'Acme API', version: '1' }
const servers = [{ url: 'https://api.acme.com/v1/' }]

function withScheme(scheme: object, further: object = {}): object {
  return { openapi: '3.1.0', info, servers, components: { securitySchemes: { acmeKey: scheme } }, ...further }
}

describe('servers', () => {
  it('of OpenAPI 3 give base, hosts and fields', () => {
    const { app, undecided } = importDocument({
      openapi: '3.0.3',
      info,
      servers: [
        {
          url: 'https://{tenant}.{region}.acme.com/v1/',
          variables: { tenant: { default: 'demo' }, region: { enum: ['eu', 'us'], default: 'eu' } },
        },
        { url: 'https://upload.acme.com' },
        { url: 'https://{tenant}.backup.acme.com' },
        { url: 'http://localhost:8080' },
      ],
    })
    expect(app).toMatchObject({
      name_slug: 'acme_api',
      name: 'Acme API',
      auth_type: 'none',
      custom_fields: [
        { name: 'tenant', label: 'tenant', format: 'host-label' },
        { name: 'region', label: 'region', pattern: 'eu|us', default: 'eu' },
      ],
      connect: {
        base_proxy_target_url: 'https://{{custom_fields.tenant}}.{{custom_fields.region}}.acme.com/v1',
        allowed_domains: ['upload.acme.com'],
      },
    })
    expect(undecided).toEqual(
      expect.arrayContaining([
        expect.stringContaining('connect.allowed_domains: the servers {tenant}.backup.acme.com have variables'),
        expect.stringContaining('connect.base_proxy_target_url: which of the servers'),
        expect.stringContaining("custom_fields tenant: the document's own value is demo"),
        'auth: the document names no security scheme',
      ]),
    )
  })

  it('of OpenAPI 2 are its host, scheme and base path', () => {
    const second = { swagger: '2.0', info, host: 'api.acme.com', basePath: '/v2', schemes: ['http', 'https'] }
    expect(importDocument(second).app.connect).toEqual({ base_proxy_target_url: 'https://api.acme.com/v2' })
    const plain = importDocument({ ...second, schemes: ['http'] })
    expect(plain.app.connect).toEqual({})
    expect(plain.undecided).toContainEqual(expect.stringContaining('none of the servers is an https URL: http://api'))
  })

  it('may be missing', () => {
    const { app, undecided } = importDocument({ openapi: '3.1.0', info })
    expect(app.connect).toEqual({})
    expect(undecided).toContainEqual('connect.base_proxy_target_url: the document names no server')
  })
})

describe('security schemes', () => {
  it.each<[string, object, object]>([
    [
      'a key in a header',
      { type: 'apiKey', in: 'header', name: 'X-Key' },
      { auth: [{ kind: 'header', name: 'X-Key', value: '{{custom_fields.acme_key}}' }] },
    ],
    [
      'a key in the query',
      { type: 'apiKey', in: 'query', name: 'key' },
      { auth: [{ kind: 'query', name: 'key', value: '{{custom_fields.acme_key}}' }] },
    ],
    [
      'a key in a cookie',
      { type: 'apiKey', in: 'cookie', name: 'sid' },
      { auth: [{ kind: 'cookie', name: 'sid', value: '{{custom_fields.acme_key}}' }] },
    ],
    [
      'a bearer token',
      { type: 'http', scheme: 'bearer' },
      {
        custom_fields: [{ name: 'acme_key', label: 'acmeKey', type: 'password' }],
        auth: [{ kind: 'bearer', token: '{{custom_fields.acme_key}}' }],
      },
    ],
    ['user and password', { type: 'http', scheme: 'Basic' }, { auth: [{ kind: 'basic' }] }],
    ['a client certificate', { type: 'mutualTLS' }, { auth: [{ kind: 'mtls' }] }],
    [
      'OAuth 2 with a code',
      {
        type: 'oauth2',
        flows: {
          authorizationCode: {
            authorizationUrl: 'https://acme.com/authorize',
            tokenUrl: 'https://acme.com/token',
            scopes: { read: '', write: '' },
          },
        },
      },
      {
        auth_type: 'oauth',
        auth: [{ kind: 'bearer' }],
        oauth: { authorize_url: 'https://acme.com/authorize', token_url: 'https://acme.com/token' },
      },
    ],
    [
      'OAuth 2 with client credentials',
      { type: 'oauth2', flows: { clientCredentials: { tokenUrl: 'https://acme.com/token', scopes: {} } } },
      { auth_type: 'keys', auth: [{ kind: 'client-credentials', token_url: 'https://acme.com/token' }] },
    ],
  ])('of OpenAPI 3: %s', (_name, scheme, expected) => {
    const { app } = importDocument(withScheme(scheme))
    expect(app).toMatchObject({ connect: { base_proxy_target_url: 'https://api.acme.com/v1' }, ...expected })
  })

  it.each<[string, object, object]>([
    ['basic', { type: 'basic' }, { auth: [{ kind: 'basic' }] }],
    [
      'a key',
      { type: 'apiKey', in: 'header', name: 'x-key' },
      { auth: [{ kind: 'header', name: 'x-key', value: '{{custom_fields.acme_key}}' }] },
    ],
    [
      'an access code',
      { type: 'oauth2', flow: 'accessCode', authorizationUrl: 'https://acme.com/a', tokenUrl: 'https://acme.com/t' },
      { auth_type: 'oauth', oauth: { authorize_url: 'https://acme.com/a', token_url: 'https://acme.com/t' } },
    ],
    [
      'an application',
      { type: 'oauth2', flow: 'application', tokenUrl: 'https://acme.com/t' },
      { auth: [{ kind: 'client-credentials', token_url: 'https://acme.com/t' }] },
    ],
  ])('of OpenAPI 2: %s', (_name, scheme, expected) => {
    const document = { swagger: '2.0', info, host: 'api.acme.com', securityDefinitions: { acmeKey: scheme } }
    expect(importDocument(document).app).toMatchObject(expected)
  })

  it.each<[string, object, string]>([
    [
      'an implicit grant',
      { type: 'oauth2', flows: { implicit: {} } },
      'auth: acmeKey (oauth2) has to be written by hand',
    ],
    [
      'OpenID Connect',
      { type: 'openIdConnect', openIdConnectUrl: 'https://acme.com/.well-known/openid-configuration' },
      'auth: acmeKey (openIdConnect https://acme.com/.well-known/openid-configuration) has to be written by hand',
    ],
    ['digest', { type: 'http', scheme: 'digest' }, 'auth: acmeKey (http digest) has to be written by hand'],
  ])('that a definition cannot say are told: %s', (_name, scheme, expected) => {
    const { undecided } = importDocument(withScheme(scheme))
    expect(undecided).toContain(expected)
  })

  it('that are needed together come together, and of alternatives the best is taken and the others told', () => {
    const { app, undecided } = importDocument({
      openapi: '3.1.0',
      info,
      servers,
      components: {
        securitySchemes: {
          key: { type: 'apiKey', in: 'header', name: 'x-key' },
          application: { type: 'apiKey', in: 'header', name: 'x-application' },
          login: { type: 'http', scheme: 'basic' },
          unused: { type: 'http', scheme: 'bearer' },
        },
      },
      paths: { '/me': { get: { security: [{ login: [] }, { key: [], application: [] }] } } },
    })
    expect(app.auth).toEqual([
      { kind: 'header', name: 'x-key', value: '{{custom_fields.key}}' },
      { kind: 'header', name: 'x-application', value: '{{custom_fields.application}}' },
    ])
    expect(undecided).toContain('auth: key and application is taken; also possible: login')
  })
})
