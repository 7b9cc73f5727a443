import { describe, expect, it } from 'vitest'
import { createBench } from '../../testing/bench.js'

const bench = createBench()

describe('who may call', () => {
  it('nobody without a token', async () => {
    for (const path of ['/v1/connect/apps', '/v1/connect/proj_demo/accounts', '/v1/connect/projects']) {
      const answer = await bench.call('GET', path, { bearer: null })
      expect([answer.status, answer.json.code]).toEqual([401, 'invalid_token'])
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
      expect(answer.headers.get('x-proxy-error')).toBe('invalid_token')
    }
  })

  it('a client, a static key and a connect token', async () => {
    const made = await bench.call('POST', '/v1/connect/proj_demo/tokens', { json: { external_user_id: 'u' } })
    for (const bearer of [await bench.token(), 'static-key-dev', made.json.token]) {
      expect((await bench.call('GET', '/v1/connect/apps', { bearer })).status).toBe(200)
    }
    for (const bearer of ['static-key-dex', 'a.b.c', `ctok_${'0'.repeat(32)}`, `${await bench.token()}x`]) {
      expect((await bench.call('GET', '/v1/connect/apps', { bearer })).status).toBe(401)
    }
  })
})

describe('what is not there', () => {
  it.each([
    '/v1',
    '/v1/',
    '/v1/connect',
    '/v1/connect/',
    '/v1/connect/proj_demo',
    '/v1/connect/proj_demo/proxy',
    '/v1/connect/components',
    '/v1/connect/proj_demo/actions',
    '/v1/connect/proj_demo/actions/run',
    '/v1/connect/proj_demo/triggers',
    '/v1/connect/proj_demo/deployed-triggers',
    '/v1/connect/proj_demo/webhook',
    '/v1/connect/file_stash',
    '/v1/workflows',
    '/v1/users/me',
    '/v1/connect/apps/',
    '/v1/connect/apps/acme/',
    '/v1/oauth/authorize',
  ])('%s is 404 JSON', async (path) => {
    const answer = await bench.call('GET', path)
    expect([answer.status, answer.json]).toEqual([404, { error: 'route not found', code: 'record_not_found' }])
    expect(answer.headers.get('x-proxy-error')).toBe('record_not_found')
  })

  it.each([
    ['POST', '/v1/connect/apps', 'GET'],
    ['DELETE', '/v1/connect/proj_demo/accounts', 'GET, POST'],
    ['PUT', '/v1/connect/proj_demo/accounts/apn_1', 'GET, DELETE'],
    ['OPTIONS', '/v1/connect/projects/proj_demo', 'GET, PATCH, DELETE'],
    ['POST', '/openapi.json', 'GET'],
    ['TRACE', '/v1/connect/apps', 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS'],
    ['CONNECT', '/v1/connect/apps', 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS'],
  ])('%s %s is 405 with Allow: %s', async (method, path, allow) => {
    const answer = await bench.call(method, path)
    expect([answer.status, answer.json.code, answer.headers.get('allow')]).toEqual([405, 'method_not_allowed', allow])
  })
})

describe('the path of a route', () => {
  it('is the raw one: dot segments and encoded slashes lead nowhere', async () => {
    for (const path of [
      '/v1/connect/proj_other/../proj_demo/accounts',
      '/v1/connect/proj_other/%2e%2e/proj_demo/accounts',
      '/v1/connect/proj_demo%2Faccounts',
      '/v1/connect/proj_demo/./accounts',
    ]) {
      expect((await bench.call('GET', path)).status).toBe(404)
    }
    expect((await bench.call('GET', '/v1/connect/proj_demo//accounts')).status).toBe(200)
  })

  it('must be UTF-8, percent-encoded correctly', async () => {
    for (const id of ['%ff', '%', '%4']) {
      const answer = await bench.call('GET', `/v1/connect/proj_demo/accounts/${id}`)
      expect([answer.status, answer.json.code]).toEqual([400, 'invalid_request'])
    }
    expect((await bench.call('GET', '/v1/connect/proj_demo/accounts/%41')).status).toBe(404)
  })

  it('lets HEAD ask for what GET answers', async () => {
    const answer = await bench.call('HEAD', '/v1/connect/apps')
    expect([answer.status, answer.text]).toEqual([200, ''])
  })
})
