import { describe, expect, it } from 'vitest'
import { createBench } from '../../testing/bench.js'
import { usualRecord } from '../../testing/connect-bench.js'
import type { ConnectChoice } from '../tokens/connect-token-record.js'

const path = '/v1/connect/proj_demo/tokens'

describe('POST tokens', () => {
  it('makes a token for one user, and a link to the connect page', async () => {
    const bench = createBench()
    const json = {
      external_user_id: 'user-1',
      external_id: 'user-1',
      expires_in: 600,
      allowed_origins: ['https://app.example.com/', 'http://localhost:3000'],
      success_redirect_uri: 'https://app.example.com/done',
      error_redirect_uri: null,
    }
    const answer = await bench.call('POST', path, { json })
    expect(answer.json).toEqual({
      token: expect.stringMatching(/^ctok_[0-9a-f]{32}$/),
      expires_at: new Date(bench.clock.now() + 600_000).toISOString(),
      connect_link_url: `http://127.0.0.1:3000/_static/connect.html?token=${answer.json.token}&connectLink=true`,
    })
    const verified = await bench.connectTokens.verify(answer.json.token)
    expect(verified?.caller.allowedOrigins).toEqual(['https://app.example.com', 'http://localhost:3000'])
    bench.clock.advance(600_000)
    expect((await bench.call('GET', '/v1/connect/apps', { bearer: answer.json.token })).status).toBe(401)
  })

  it('lasts four hours when nothing is said', async () => {
    const bench = createBench()
    const answer = await bench.call('POST', '/v1/connect/tokens', { json: { external_user_id: 'u' } })
    expect(Date.parse(answer.json.expires_at) - bench.clock.now()).toBe(4 * 3600 * 1000)
  })

  it('never holds more than who made it', async () => {
    const bench = createBench()
    const bearer = await bench.token('minter')
    const scopesOf = async (json: object) => {
      const { token } = (await bench.call('POST', path, { bearer, json: { external_user_id: 'u', ...json } })).json
      return (await bench.connectTokens.verify(token))?.caller.scopes
    }
    expect(await scopesOf({})).toEqual(['connect:proxy'])
    expect(await scopesOf({ scope: 'connect:proxy' })).toEqual(['connect:proxy'])
    const refused = await bench.call('POST', path, {
      bearer,
      json: { external_user_id: 'u', scope: 'connect:accounts:read' },
    })
    expect([refused.status, refused.json.details]).toEqual([400, { field: 'scope' }])
    const reader = await bench.token('reader')
    expect((await bench.call('POST', path, { bearer: reader, json: { external_user_id: 'u' } })).status).toBe(403)
  })

  it.each<[string, object]>([
    ['external_user_id', {}],
    ['external_user_id', { external_user_id: '' }],
    ['external_user_id', { external_user_id: 1 }],
    ['external_user_id', { external_user_id: 'a\nb' }],
    ['external_user_id', { external_user_id: 'a\ud800' }],
    ['expires_in', { external_user_id: 'u', expires_in: 0 }],
    ['expires_in', { external_user_id: 'u', expires_in: 86_401 }],
    ['expires_in', { external_user_id: 'u', expires_in: '600' }],
    ['allowed_origins', { external_user_id: 'u', allowed_origins: 'https://a.example' }],
    ['allowed_origins.0', { external_user_id: 'u', allowed_origins: ['https://a.example/path'] }],
    ['allowed_origins.1', { external_user_id: 'u', allowed_origins: ['https://a.example', '*'] }],
    ['scope', { external_user_id: 'u', scope: 'connect:everything' }],
    ['success_redirect_uri', { external_user_id: 'u', success_redirect_uri: 'javascript:alert(1)' }],
    ['webhook_uri', { external_user_id: 'u', webhook_uri: 'ftp://a.example' }],
  ])('names %s when it is wrong: %j', async (field, json) => {
    const bench = createBench()
    const answer = await bench.call('POST', path, { json })
    expect([answer.status, answer.json.code, answer.json.details]).toEqual([400, 'invalid_request', { field }])
    expect((await bench.call('POST', path, { json: { external_user_id: 'u' } })).status).toBe(200)
  })
})

describe('GET tokens/{token}/validate', () => {
  it('tells what a token is for', async () => {
    const bench = createBench()
    const json = { external_user_id: 'u', app_id: 'shop', success_redirect_uri: 'https://app.example.com/done' }
    const headers = ['x-pd-environment', 'development']
    await bench.call('PATCH', '/v1/connect/projects/proj_demo', { json: { app_name: 'My app' } })
    const { token } = (await bench.call('POST', path, { json, headers })).json
    const answer = await bench.call('GET', `/v1/connect/tokens/${token}/validate`)
    expect(answer.json).toMatchObject({
      success: true,
      app: { name_slug: 'shop' },
      project_id: 'proj_demo',
      project_environment: 'development',
      project_app_name: 'My app',
      success_redirect_uri: 'https://app.example.com/done',
    })
    expect(answer.json).not.toHaveProperty('error')
    const named = await bench.call('GET', `/v1/connect/tokens/${token}/validate?app_id=app_acme1`, { bearer: token })
    expect(named.json.app.name_slug).toBe('acme')
    const none = await bench.call('GET', `/v1/connect/tokens/${token}/validate?app_id=nothing`)
    expect(none.json).toEqual({ success: false, error: 'The app is unknown.' })
  })

  it('tells that a token is limited to other apps', async () => {
    const bench = createBench()
    const choice = (app: string) => ({ app, externalIdPrefix: '', oauthAppId: `oa_${app}` })
    const validate = async (choices: readonly ConnectChoice[], query = '') => {
      const token = await bench.connectTokens.create({ ...usualRecord, choices }, bench.clock.now() + 60_000)
      return (await bench.call('GET', `/v1/connect/tokens/${token}/validate${query}`)).json
    }
    const shop = { success: true, app: { name_slug: 'shop' }, oauth_app_id: 'oa_shop' }
    expect(await validate([choice('shop')])).toMatchObject(shop)
    const both = [choice('acme'), choice('shop')]
    expect(await validate(both)).not.toHaveProperty('app')
    expect(await validate(both, '?app_id=shop')).toMatchObject(shop)
    expect(await validate([choice('acme')], '?app_id=shop')).toEqual({
      success: false,
      error: 'The token was made for another app.',
    })
  })

  it("says the same of unknown, expired and other projects' tokens", async () => {
    const bench = createBench()
    const { token } = (await bench.call('POST', path, { json: { external_user_id: 'u', expires_in: 60 } })).json
    const other = await bench.token('other')
    const texts = [
      (await bench.call('GET', `/v1/connect/tokens/${token}/validate`, { bearer: other })).text,
      (await bench.call('GET', `/v1/connect/tokens/ctok_${'0'.repeat(32)}/validate`)).text,
      (await bench.call('GET', '/v1/connect/tokens/garbage/validate')).text,
    ]
    expect((await bench.call('GET', `/v1/connect/tokens/${token}/validate`)).json.success).toBe(true)
    bench.clock.advance(60_000)
    texts.push((await bench.call('GET', `/v1/connect/tokens/${token}/validate`)).text)
    expect(new Set(texts)).toEqual(new Set(['{"success":false,"error":"The token is unknown, expired or revoked."}']))
  })
})
