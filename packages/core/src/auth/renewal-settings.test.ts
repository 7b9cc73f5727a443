import { describe, expect, it } from 'vitest'
import { appWith, faultsOf, injectInto, refusalOf } from '../../testing/auth.js'

const values = { customFields: { subdomain: 'acme', username: 'u', password: 'p"w' }, credentials: {} }
const moment = { now: 1_700_000_000_000 }
const token = { oauth_access_token: 'at' }

/** Settings in which templates are shown by what they render, and URLs as they are written. */
function renewalOf(entry: Readonly<Record<string, unknown>> & { kind: string }): unknown {
  return shown(appWith([entry]).renewal)
}

function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value !== 'object' || value === null) return value
  if ('render' in value && typeof value.render === 'function') return value.render(values, moment)
  if ('resolve' in value && 'text' in value) return value.text
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => [name, shown(item)]),
  )
}

const answer = {
  token: { from: 'json', pointer: '/access_token' },
  expiresIn: { from: 'json', pointer: '/expires_in' },
  also: [],
}

describe('jwt-bearer', () => {
  it('of a Google service account', () => {
    const entry = {
      kind: 'jwt-bearer',
      token_url: 'https://oauth2.googleapis.com/token',
      service_account: '{{custom_fields.password}}',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    }
    expect(renewalOf(entry)).toEqual({
      kind: 'jwt-bearer',
      fromNothing: true,
      settings: {
        tokenUrl: 'https://oauth2.googleapis.com/token',
        serviceAccount: 'p"w',
        scope: 'https://www.googleapis.com/auth/cloud-platform',
        lifetimeSeconds: 3600,
        backdateSeconds: 0,
        present: 'assertion',
        parameters: [],
        headers: [],
        answer,
      },
    })
  })

  it('of a GitHub App installation', () => {
    const entry = {
      kind: 'jwt-bearer',
      present: 'bearer',
      token_url: 'https://api.github.com/app/installations/{{custom_fields.subdomain}}/access_tokens',
      private_key: '{{custom_fields.password}}',
      issuer: '{{custom_fields.username}}',
      assertion_lifetime: 540,
      backdate: 60,
      headers: { Accept: 'application/vnd.github+json' },
      json: { repositories: ['{{custom_fields.subdomain}}'], permissions: { contents: 'read' }, count: 1 },
      token: '/token',
      expires_at: { json: '/expires_at' },
    }
    expect(renewalOf(entry)).toMatchObject({
      settings: {
        present: 'bearer',
        key: { algorithm: 'RS256', privateKey: 'p"w', secretEncoding: 'utf8' },
        issuer: 'u',
        lifetimeSeconds: 540,
        backdateSeconds: 60,
        headers: [{ name: 'accept', value: 'application/vnd.github+json' }],
        json: { repositories: ['acme'], permissions: { contents: 'read' }, count: 1 },
        answer: { token: { from: 'json', pointer: '/token' }, expiresAt: { from: 'json', pointer: '/expires_at' } },
      },
    })
  })

  it('whose JWT is the token itself', () => {
    const entry = {
      kind: 'jwt-bearer',
      present: 'itself',
      algorithm: 'HS256',
      private_key: '{{custom_fields.secret}}',
      key_encoding: 'hex',
      key_id: 'k1',
      audience: '/admin/',
      in: 'header',
      value: 'Ghost {{credentials.oauth_access_token}}',
    }
    const app = appWith([entry])
    expect(app.renewal).toMatchObject({ settings: { tokenUrl: undefined, present: 'itself' } })
    expect(injectInto(app, { credentials: token })).toEqual({ headers: ['authorization', 'Ghost at'] })
  })

  it('resolves its URL for an account, by the rules of a base', () => {
    const app = appWith([{ kind: 'jwt-bearer', token_url: 'https://{{custom_fields.subdomain}}.example.com/t?a=1' }])
    if (app.renewal?.kind !== 'jwt-bearer') throw new Error('no such renewal')
    expect(app.renewal.settings.tokenUrl?.text).toBe('https://{{custom_fields.subdomain}}.example.com/t?a=1')
  })

  it.each([
    [{}, 'auth[0].token_url is required'],
    [{ token_url: 'ftp://a.example.com' }, 'auth[0].token_url must'],
    [{ token_url: 'https://10.0.0.1/t' }, 'auth[0].token_url has a host that must not be an IP address'],
    [{ token_url: 'https://{{credentials.host}}/t' }, 'auth[0].token_url may use custom_fields only'],
    [
      { token_url: 'https://a.example.com/t?x={{custom_fields.secret}}' },
      'auth[0].token_url must have no template in its query',
    ],
    [{ token_url: 'https://a.example.com', algorithm: 'none' }, 'auth[0].algorithm must be one of RS256'],
    [
      { token_url: 'https://a.example.com', service_account: 'x', issuer: 'y' },
      'auth[0].issuer stands in the service account',
    ],
    [{ token_url: 'https://a.example.com', json: {} }, 'auth[0].json has no effect with present: assertion'],
    [{ token_url: 'https://a.example.com', present: 'itself' }, 'auth[0].token_url has no effect with present: itself'],
    [
      { token_url: 'https://a.example.com', assertion_lifetime: 1 },
      'auth[0].assertion_lifetime must be a whole number',
    ],
    [{ token_url: 'https://a.example.com', claims: { a: [{ b: '{{nope}}' }] } }, 'auth[0].claims.a[0].b uses {{nope}}'],
    [{ token_url: 'https://a.example.com', tokn: '/x' }, 'auth[0].tokn is not a setting of this kind'],
  ])('%j is a fault', (settings, fault) => {
    expect(faultsOf({ kind: 'jwt-bearer', ...settings })).toEqual([expect.stringContaining(fault)])
  })
})

describe('client-credentials', () => {
  const token_url = 'https://auth.example.com/token'

  it('has defaults for all but its URL', () => {
    const { settings } = appWith([{ kind: 'client-credentials', token_url }]).renewal ?? {}
    expect(settings).toMatchObject({ clientAuth: 'basic', scopes: [], scopeSeparator: ' ', parameters: [], answer })
  })

  it('takes scopes, an audience, parameters and a key', () => {
    const entry = {
      kind: 'client-credentials',
      token_url,
      client_id: 'id',
      client_auth: 'private_key_jwt',
      algorithm: 'ES256',
      private_key: '{{custom_fields.password}}',
      scopes: ['a', 'b'],
      scope_separator: ',',
      audience: 'https://api.example.com',
      parameters: { grant_type: 'account_credentials', account_id: '{{custom_fields.username}}' },
      lifetime: 1800,
    }
    expect(renewalOf(entry)).toMatchObject({
      settings: {
        clientId: 'id',
        key: { algorithm: 'ES256', privateKey: 'p"w' },
        scopes: ['a', 'b'],
        scopeSeparator: ',',
        parameters: [
          { name: 'audience', value: 'https://api.example.com' },
          { name: 'grant_type', value: 'account_credentials' },
          { name: 'account_id', value: 'u' },
        ],
        answer: { lifetimeSeconds: 1800 },
      },
    })
  })

  it.each([
    [{ client_auth: 'private_key_jwt', client_secret: 'x' }, 'auth[0].client_secret has no effect'],
    [{ private_key: 'x' }, 'auth[0].private_key has no effect with client_auth: basic'],
    [{ client_auth: 'digest' }, 'auth[0].client_auth must be one of basic'],
    [{ scopes: 'a b' }, 'auth[0].scopes must be a list of non-empty strings'],
    [{ parameters: { a: 1 } }, 'auth[0].parameters.a must be a string'],
    [{ headers: { 'a b': 'x' } }, 'auth[0].headers.a b is not a valid header name'],
    [{ client_id: '{{custom_fields.nope}}' }, 'auth[0].client_id uses custom_fields.nope'],
    [{ scope: 'a' }, 'auth[0].scope is not a setting of this kind'],
  ])('%j is a fault', (settings, fault) => {
    expect(faultsOf({ kind: 'client-credentials', token_url, ...settings })).toEqual([expect.stringContaining(fault)])
  })
})

describe('session', () => {
  const login = { url: 'https://{{custom_fields.subdomain}}.example.com/login' }

  it('logs in by JSON, whose texts are templates', () => {
    const entry = {
      kind: 'session',
      login: {
        ...login,
        json: { user: '{{custom_fields.username}}', pass: '{{custom_fields.password}}', days: 1, keep: true },
      },
      token: '/data/token',
      lifetime: 900,
      also: { csrf_token: { header: 'X-CSRF-Token' } },
      in: 'cookie',
      name: 'sid',
    }
    expect(renewalOf(entry)).toEqual({
      kind: 'session',
      fromNothing: true,
      settings: {
        url: 'https://{{custom_fields.subdomain}}.example.com/login',
        method: 'POST',
        query: [],
        headers: [],
        body: { type: 'json', json: { user: 'u', pass: 'p"w', days: 1, keep: true } },
        answer: {
          token: { from: 'json', pointer: '/data/token' },
          lifetimeSeconds: 900,
          also: [{ name: 'csrf_token', place: { from: 'header', name: 'x-csrf-token' } }],
        },
        refusedStatuses: [401, 403],
      },
    })
    expect(injectInto(appWith([entry]), { credentials: token })).toEqual({ headers: ['cookie', 'sid=at'] })
  })

  it('logs in by a form, a text, or a query alone', () => {
    const body = (more: Readonly<Record<string, unknown>>) =>
      renewalOf({ kind: 'session', token: { cookie: 'JSESSIONID' }, login: { ...login, ...more } })
    expect(body({ form: { u: '{{custom_fields.username}}' } })).toMatchObject({
      settings: { body: { type: 'form', fields: [{ name: 'u', value: 'u' }] } },
    })
    expect(body({ text: '<login>{{custom_fields.username}}</login>' })).toMatchObject({
      settings: { body: { type: 'text', text: '<login>u</login>' } },
    })
    expect(body({ method: 'GET', query: { u: '{{custom_fields.username}}' } })).toMatchObject({
      settings: {
        method: 'GET',
        query: [{ name: 'u', value: 'u' }],
        answer: { token: { from: 'cookie', name: 'JSESSIONID' } },
      },
    })
  })

  it.each([
    [{}, 'auth[0].login is required'],
    [{ login: {} }, 'auth[0].login.url is required'],
    [{ login: { ...login, json: {}, form: {} } }, 'auth[0].login.form cannot stand beside json'],
    [{ login: { ...login, method: 'GET', json: {} } }, 'auth[0].login.method must be POST or PUT'],
    [{ login: { ...login, body: 'x' } }, 'auth[0].login.body is not a setting'],
    [{ login: { ...login, json: { a: () => 1 } } }, 'auth[0].login.json.a must be JSON'],
    [{ login, token: 'data' }, 'auth[0].token must be a JSON pointer'],
    [{ login, token: { json: '/a', header: 'b' } }, 'auth[0].token must be a JSON pointer'],
    [{ login, token: { body: 'x' } }, 'auth[0].token must be one of json, header and cookie'],
    [{ login, also: { oauth_access_token: '/a' } }, 'auth[0].also.oauth_access_token cannot be'],
    [{ login, refused: [200] }, 'auth[0].refused must be a list of statuses'],
  ])('%j is a fault', (settings, fault) => {
    expect(faultsOf({ kind: 'session', token: '/t', ...settings })).toEqual([expect.stringContaining(fault)])
  })

  it('needs to know where its token stands', () => {
    expect(faultsOf({ kind: 'session', login })).toEqual(['auth[0].token is required'])
  })
})

describe('where a token that was got goes', () => {
  const entry = { kind: 'client-credentials', token_url: 'https://auth.example.com/token' }
  const placed = (settings: Readonly<Record<string, unknown>>) =>
    injectInto(appWith([{ ...entry, ...settings }]), { credentials: token })

  it.each([
    [{}, { headers: ['authorization', 'Bearer at'] }],
    [{ in: 'header', name: 'X-Token' }, { headers: ['x-token', 'at'] }],
    [{ value: 'Token {{credentials.oauth_access_token}}' }, { headers: ['authorization', 'Token at'] }],
    [{ in: 'query', name: 'access_token' }, { query: ['access_token', 'at'] }],
    [{ in: 'cookie', name: 'sid' }, { headers: ['cookie', 'sid=at'] }],
    [{ in: 'none' }, {}],
  ])('%j', (settings, injection) => {
    expect(placed(settings)).toEqual(injection)
  })

  it.each([
    [{ in: 'query' }, 'auth[0].name is required'],
    [{ in: 'query', name: 'a b' }, 'auth[0].name is not a valid query name'],
    [{ in: 'none', name: 'x' }, 'auth[0].name has no effect with in: none'],
    [{ name: 'content-length' }, 'auth[0].name content-length frames the request'],
  ])('%j is a fault', (settings, fault) => {
    expect(faultsOf({ ...entry, ...settings })).toEqual([expect.stringContaining(fault)])
  })

  it('is missed before the first exchange', () => {
    expect(refusalOf(() => injectInto(appWith([entry]), {}))).toContain('credentials.oauth_access_token')
  })
})

it('lets one entry of an app get the token, and the others use it', () => {
  const entry = { kind: 'client-credentials', token_url: 'https://auth.example.com/token', in: 'none' }
  expect(faultsOf(entry, { kind: 'google-ads', developer_token: 'x' })).toEqual([])
  expect(faultsOf(entry, { ...entry })).toEqual([expect.stringContaining('auth[1] gets an access token, which')])
})

it('places first and signs last, in the written order otherwise', () => {
  const hmac = { kind: 'hmac', key: 'k', string: '{{request.headers.x-key}}', name: 'x-sign' }
  const { auth } = appWith([
    hmac,
    { kind: 'header', name: 'x-key', value: 'a' },
    { kind: 'query', name: 'b', value: 'c' },
  ])
  expect(auth.map(({ kind }) => kind)).toEqual(['header', 'query', 'hmac'])
})
