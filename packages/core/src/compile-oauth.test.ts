import { describe, expect, it } from 'vitest'
import type { App } from './app.js'
import type { AppDefinition, OAuthSettings } from './app-definition.js'
import { AppDefinitionError, compileApp } from './app-registry.js'
import type { RefreshTokenSettings } from './ports/renewal.js'

function appOf(oauth: OAuthSettings, definition: Partial<AppDefinition> = {}): App {
  return compileApp({
    name_slug: 'acme',
    name: 'Acme',
    auth_type: 'oauth',
    custom_fields: [{ name: 'tenant' }, { name: 'pin', type: 'password' }],
    connect: { base_proxy_target_url: 'https://api.acme.com' },
    auth: [{ kind: 'bearer' }],
    oauth: { token_url: 'https://login.acme.com/token', ...oauth },
    ...definition,
  })
}

function settingsOf(oauth: OAuthSettings): RefreshTokenSettings {
  const { renewal } = appOf(oauth)
  if (renewal?.kind !== 'refresh-token') throw new Error('It is not renewed by a refresh token.')
  return renewal.settings
}

function faultsOf(oauth: object): readonly string[] {
  try {
    appOf(oauth)
    return []
  } catch (error) {
    if (error instanceof AppDefinitionError) return error.faults.map(({ fault }) => fault.field)
    throw error
  }
}

describe('an oauth section', () => {
  it('says how grants are refreshed, with defaults by the standard', () => {
    expect(settingsOf({})).toMatchObject({
      clientId: undefined,
      clientSecret: undefined,
      clientAuth: 'post',
      assertion: { algorithm: 'RS256', privateKey: undefined },
      parameters: [],
      headers: [],
      body: 'form',
      answer: {
        token: { from: 'json', pointer: '/access_token' },
        expiresIn: { from: 'json', pointer: '/expires_in' },
        expiresAt: undefined,
        lifetimeSeconds: undefined,
        also: [{ name: 'oauth_refresh_token', place: { from: 'json', pointer: '/refresh_token' } }],
      },
      expiryInToken: false,
      refusals: ['invalid_grant'],
    })
  })

  it('names places by dots or by pointers, and further values to keep', () => {
    const { answer, scope, error } = settingsOf({
      token_paths: { access_token: 'user.tokens.0.value', scope: '/a~1b/c', error: 'problem.code', site: 'site_url' },
    })
    expect([answer.token, scope, error]).toMatchObject([
      { pointer: '/user/tokens/0/value' },
      { pointer: '/a~1b/c' },
      { pointer: '/problem/code' },
    ])
    expect(answer.also[1]).toEqual({ name: 'site', place: { from: 'json', pointer: '/site_url' } })
  })

  it.each([
    [30, 30],
    ['90s', 90],
    ['2h', 7_200],
    ['30d', 2_592_000],
  ])('takes %j for a lifetime', (lifetime, seconds) => {
    expect(settingsOf({ lifetime }).answer.lifetimeSeconds).toBe(seconds)
  })

  it.each([
    ['without a token URL', { oauth: { authorize_url: 'https://login.acme.com/authorize' } }],
    ['of an app with keys', { auth_type: 'keys' as const }],
    ['that is not there', { oauth: undefined as never }],
  ])('%s renews nothing', (_, definition) => {
    expect(appOf({}, definition).renewal).toBeUndefined()
  })

  it.each<[readonly string[], object]>([
    [['oauth.token_url'], { token_url: 'https://{{custom_fields.pin}}.acme.com/token' }],
    [['oauth.token_url'], { token_url: 'http://login.acme.com@evil.com/token' }],
    [['oauth.token_url'], { token_url: 'https://10.0.0.1/token' }],
    [['oauth.token_url'], { token_url: 'https://login.acme.com/token?tenant={{custom_fields.tenant}}' }],
    [['oauth.authorize_url', 'oauth.revoke_url'], { authorize_url: 'https://com/x', revoke_url: 'ftp://acme.com' }],
    [['oauth.tokenUrl'], { tokenUrl: 'https://login.acme.com/token' }],
    [['oauth.client_auth'], { client_auth: 'digest' }],
    [['oauth.algorithm'], { algorithm: 'none' }],
    [['oauth.client_secret'], { client_secret: '{{custom_fields.nope}}' }],
    [['oauth.token_params.a'], { token_params: { a: '{{custom_fields.nope}}' } }],
    [['oauth.token_params.a'], { token_params: { a: 5 } }],
    [['oauth.token_headers.host', 'oauth.token_headers.a b'], { token_headers: { host: 'x', 'a b': 'c' } }],
    [['oauth.token_headers.x'], { token_headers: { x: 'a\nb: c' } }],
    [['oauth.token_paths.scope'], { token_paths: { scope: 'a..b' } }],
    [['oauth.token_paths.scope'], { token_paths: { scope: '/a~2' } }],
    [['oauth.token_paths.constructor'], { token_paths: { constructor: 'a' } }],
    [['oauth.token_paths'], { token_paths: ['a'] }],
    [['oauth.lifetime'], { lifetime: 'soon' }],
    [['oauth.lifetime'], { lifetime: 0 }],
    [['oauth.refused_errors[1]'], { refused_errors: ['a', ''] }],
    [['oauth.token_body', 'oauth.token_params.a'], { token_body: 'xml', token_params: { a: '{{' } }],
  ])('has faults at %j', (fields, oauth) => {
    expect([...faultsOf(oauth)].sort()).toEqual([...fields].sort())
  })

  it('says which key was meant', () => {
    expect(() => appOf({ tokenURL: 'x' } as OAuthSettings)).toThrow(/did you mean token_url/)
  })
})
