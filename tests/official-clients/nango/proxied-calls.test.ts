import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { binary, json, status, text } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  acme,
  callHeaders,
  errorOf,
  type NangoWorld,
  occurrences,
  secrets,
  startNangoWorld,
  tenantHost,
} from './world.js'

let world: NangoWorld

beforeAll(async () => {
  world = await startNangoWorld()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

describe('proxied calls of the official client', () => {
  it('get an endpoint with its query as it was written, with the credential exactly once', async () => {
    const answer = await world.client().get({ ...acme, endpoint: '/things/a%2Fb/?q=a%20b&q=c+d&a[]=1&a[]=2&empty=' })

    const seen = world.upstream.only()
    expect(answer.data).toEqual({ method: 'GET', url: '/things/a%2Fb/?q=a%20b&q=c+d&a[]=1&a[]=2&empty=' })
    expect(answer.status).toBe(200)
    expect(seen.bodyLength).toBe(0)
    expect(seen.values('x-api-key')).toEqual([secrets.acmeKey])
    expect(occurrences(seen, secrets.acmeKey)).toBe(1)
    expect(occurrences(seen, secrets.development)).toBe(0)
  })

  it('show the upstream nothing of the talk between the client and this server', async () => {
    await world.client().get({ ...acme, endpoint: '/quiet', headers: { 'X-Own': 'yes' } })

    const seen = world.upstream.only()
    const names = seen.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
    expect(names.filter((name) => /nango|connection-id|provider|base-url|authorization|^retr/.test(name))).toEqual([])
    expect(seen.values('x-own')).toEqual(['yes'])
    expect(seen.values('user-agent').join()).not.toContain('nango')
    expect(seen.values('accept')).toEqual(['*/*'])
  })

  it.each(['post', 'put', 'patch'] as const)('send the JSON of a %s', async (method) => {
    const data = { id: 1, text: 'wörld', nested: [1, 2.5, null, true] }
    const answer = await world.client()[method]({ ...acme, endpoint: '/messages?draft=1', data })

    const seen = world.upstream.only()
    expect(answer.data).toEqual({ method: method.toUpperCase(), url: '/messages?draft=1' })
    expect(seen.body.toString()).toBe(JSON.stringify(data))
    expect(seen.values('content-type')).toEqual(['application/json'])
  })

  it('delete, with and without a body', async () => {
    await world.client().delete({ ...acme, endpoint: '/things/7' })
    const seen = world.upstream.only()
    expect([seen.method, seen.url, seen.bodyLength, seen.values('content-type')]).toEqual([
      'DELETE',
      '/things/7',
      0,
      [],
    ])
    world.upstream.forget()
    await world.client().delete({ ...acme, endpoint: '/things', data: { ids: [1] } })
    expect(world.upstream.only().body.toString()).toBe('{"ids":[1]}')
  })

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'REPORT'] as const)(
    'proxy() sends %s',
    async (method) => {
      await world.client().proxy({ ...acme, method, endpoint: 'no/slash/before' })
      expect([world.upstream.only().method, world.upstream.only().url]).toEqual([method, '/no/slash/before'])
    },
  )

  it('proxy() without a method is a GET', async () => {
    await world.client().proxy({ ...acme, endpoint: '/user' })
    expect(world.upstream.only().method).toBe('GET')
  })
})

describe('options of the official client', () => {
  it('`params` as an object and as a string', async () => {
    await world.client().get({ ...acme, endpoint: '/search?kept=1', params: { q: 'a b', tag: 'x' } })
    expect(world.upstream.only().url).toBe('/search?kept=1&q=a+b&tag=x')
    world.upstream.forget()
    await world.client().get({ ...acme, endpoint: '/search', params: '?q=a%20b&tag[]=x' })
    expect(world.upstream.only().url).toBe('/search?q=a%20b&tag[]=x')
  })

  it('`paramsSerializer` is taken, as far as the client itself makes use of it', async () => {
    const paramsSerializer = { encode: (value: string) => `<${value}>`, indexes: null }
    // It stands in the vendor's documentation, and no longer among the client's types.
    const documented = { ...acme, endpoint: '/search', params: { list: '1,2' }, paramsSerializer }
    await world.client().proxy(documented)
    expect(world.upstream.only().url).toBe('/search?list=1%2C2')
  })

  it('`headers` go upstream, over the app’s own and never over the credential', async () => {
    const headers = { 'Notion-Version': '2022-06-28', 'ACME-Version': '2020-01-01', 'X-API-Key': 'mine', Accept: 'a/b' }
    await world.client().get({ ...acme, endpoint: '/x', headers })

    const seen = world.upstream.only()
    expect(seen.values('notion-version')).toEqual(['2022-06-28'])
    expect(seen.values('acme-version')).toEqual(['2020-01-01'])
    expect(seen.values('x-api-key')).toEqual([secrets.acmeKey])
    expect(seen.values('accept')).toEqual(['a/b'])
    world.upstream.forget()
    await world.client().get({ ...acme, endpoint: '/x' })
    expect(world.upstream.only().values('acme-version')).toEqual(['2026-01-01'])
  })

  it('`baseUrlOverride` leads to allowed hosts only', async () => {
    const own = `http://127.0.0.1:${world.upstream.port}`
    await world.client().get({ ...acme, endpoint: '/x', baseUrlOverride: `${own}/other/base/` })
    expect(world.upstream.only().url).toBe('/other/base/x')
    expect(world.upstream.only().values('host')).toEqual([`127.0.0.1:${world.upstream.port}`])
    for (const baseUrlOverride of ['https://example.com', `http://127.0.0.1:${world.server.port}`]) {
      const error = await errorOf(world.client().get({ ...acme, endpoint: '/x', baseUrlOverride }))
      expect(error.response).toMatchObject({ status: 400, data: { error: { code: 'base_url_override_not_allowed' } } })
    }
    expect(world.upstream.requests).toHaveLength(1)
  })

  it('`responseType` stream and arraybuffer give the bytes', async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 256))
    world.upstream.answer('/picture', binary(bytes, { 'content-type': 'image/jpeg' }))
    const whole = await world.client().get({ ...acme, endpoint: '/picture', responseType: 'arraybuffer' })
    expect(Buffer.compare(Buffer.from(whole.data), bytes)).toBe(0)
    const streamed = await world.client().get({ ...acme, endpoint: '/picture', responseType: 'stream' })
    const digest = createHash('sha256')
    for await (const chunk of streamed.data as IncomingMessage) digest.update(chunk as Buffer)
    expect(digest.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  it('`decompress` and `forwardHeadersOnRedirect` are taken; what comes compressed is readable', async () => {
    const { gzipSync } = await import('node:zlib')
    const body = gzipSync('{"zipped":true}')
    world.upstream.answer('/zipped', binary(body, { 'content-type': 'application/json', 'content-encoding': 'gzip' }))
    const answer = await world
      .client()
      .get({ ...acme, endpoint: '/zipped', decompress: true, forwardHeadersOnRedirect: false })
    expect(answer.data).toEqual({ zipped: true })
    expect(world.upstream.only().values('accept-encoding')).toEqual(['identity'])
    world.upstream.forget()
    await world.client().get({ ...acme, endpoint: '/zipped', headers: { 'Accept-Encoding': 'gzip' } })
    expect(world.upstream.only().values('accept-encoding')).toEqual(['gzip'])
  })
})

describe('where a call goes', () => {
  const target = (path: string) => `http://localhost:${world.upstream.port}${path}`

  it('an app’s alias is its integration key too', async () => {
    await world.client().get({ providerConfigKey: 'Acme Legacy~1', connectionId: 'c1', endpoint: '/x' })
    expect(world.upstream.only().values('x-api-key')).toEqual([secrets.acmeKey])
  })

  it('a key stands for its environment', async () => {
    await world.client(secrets.production).get({ ...acme, endpoint: '/x' })
    expect(world.upstream.only().values('x-api-key')).toEqual([secrets.acmeProductionKey])
  })

  it('no endpoint at all is the base itself', async () => {
    expect((await world.raw('/proxy?x=1')).status).toBe(200)
    expect(world.upstream.only().url).toBe('/?x=1')
    expect((await world.raw('/proxy')).json()).toEqual({ method: 'GET', url: '/' })
  })

  it.each([
    ['/proxy/user', '/user'],
    ['/proxy//user', '/user'],
    ['/proxy/user/', '/user/'],
    ['/proxy/a%2Fb/%20/c+d/~/%E2%82%AC', '/a%2Fb/%20/c+d/~/%E2%82%AC'],
    ['/proxy/a//b', '/a//b'],
    ['/proxy/a;b=c,d/@x:y', '/a;b=c,d/@x:y'],
    ['/proxy/x?a[]=1&a[]=2&b=%2B+%20&c&=d', '/x?a[]=1&a[]=2&b=%2B+%20&c&=d'],
    ['/proxy/x?', '/x'],
    ['/proxy/x?a=b?c=d', '/x?a=b?c=d'],
  ])('%s arrives as %s', async (path, url) => {
    await world.raw(path)
    expect(world.upstream.only().url).toBe(url)
  })

  it('a full URL may be an endpoint, where the app allows its host', async () => {
    await world.raw(`/proxy/${target('/full/url?x=1')}`)
    expect(world.upstream.only().url).toBe('/full/url?x=1')
    const foreign = await world.raw('/proxy/https://example.com/x')
    expect([foreign.status, foreign.json()]).toMatchObject([400, { error: { code: 'base_url_override_not_allowed' } }])
  })

  it('a base that depends on the connection takes paths and full URLs of its own host', async () => {
    const headers = { 'provider-config-key': 'tenants' }
    const full = `http://${tenantHost}:${world.upstream.port}/v2/x`
    for (const [path, url] of [
      ['/v2/x', '/v2/x'],
      [`/${full}?y=1`, '/v2/x?y=1'],
    ] as const) {
      await world.raw(`/proxy${path}`, { headers })
      expect([world.upstream.only().url, world.upstream.only().values('host')]).toEqual([
        url,
        [`${tenantHost}:${world.upstream.port}`],
      ])
      expect(world.upstream.only().values('authorization')).toEqual([`Bearer ${secrets.tenantToken}`])
      world.upstream.forget()
    }
    const other = full.replace('north.', 'south.')
    expect((await world.raw(`/proxy/${other}`, { headers })).status).toBe(400)
    expect(world.upstream.requests).toEqual([])
  })
})

describe('errors of the official client', () => {
  it.each([400, 401, 403, 404, 409, 418, 422, 429, 500, 503])(
    '%i arrives as the AxiosError that callers catch',
    async (code) => {
      world.upstream.answer('/fails', json({ error: { message: 'of the vendor' } }, { 'x-vendor': 'yes' }, code))
      const error = await errorOf(world.client().get({ ...acme, endpoint: '/fails' }))
      expect(error.isAxiosError).toBe(true)
      expect(error.code).toBe(code < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE')
      expect(error.response).toMatchObject({ status: code, data: { error: { message: 'of the vendor' } } })
      expect(error.response.headers['x-vendor']).toBe('yes')
      expect(error.response.headers['x-proxy-error']).toBeUndefined()
    },
  )

  it('a refusal of this server has its mark and its code', async () => {
    const error = await errorOf(world.client('unknown-key-of-nobody').get({ ...acme, endpoint: '/x' }))
    expect(error.isAxiosError).toBe(true)
    expect(error.response).toMatchObject({ status: 401, data: { error: { code: 'unknown_account', payload: {} } } })
    expect(error.response.headers['x-proxy-error']).toBe('unknown_account')
    expect(error.response.headers['x-request-id']).toMatch(/^req_/)
  })
})

describe('statuses and headers of the upstream', () => {
  it.each([200, 201, 202, 203, 204, 205, 206, 207, 226, 300, 304, 400, 410, 451, 500, 507, 599])(
    '%i arrives as it is',
    async (code) => {
      world.upstream.answer('/status', status(code, { 'x-mine': '1' }))
      const answer = await world.raw('/proxy/status')
      expect([answer.status, answer.headers['x-mine']]).toEqual([code, '1'])
    },
  )

  it('every header that is not of one connection arrives, and those that set cookies or CORS do not', async () => {
    const headers = {
      location: '/things/8',
      etag: '"abc"',
      link: '</x?page=2>; rel="next"',
      'x-ratelimit-remaining': '41',
      'x-ratelimit-limit': '42',
      'retry-after': '7',
      'cache-control': 'max-age=3',
      vary: 'accept',
      'www-authenticate': 'Basic',
      'x-two': ['1', '2'],
      'set-cookie': 'a=b',
      'access-control-allow-origin': '*',
      'access-control-allow-credentials': 'true',
      'keep-alive': 'timeout=99',
    }
    world.upstream.answer('/headers', text('x', headers, 201))
    const { headers: got, status: code } = await world.raw('/proxy/headers')
    expect(code).toBe(201)
    expect(got).toMatchObject({
      location: '/things/8',
      etag: '"abc"',
      link: '</x?page=2>; rel="next"',
      'x-ratelimit-remaining': '41',
      'retry-after': '7',
      'cache-control': 'max-age=3',
      'www-authenticate': 'Basic',
      'x-two': '1, 2',
    })
    for (const name of ['set-cookie', 'access-control-allow-origin', 'access-control-allow-credentials']) {
      expect(got).not.toHaveProperty(name)
    }
    expect(got['keep-alive'] ?? '').not.toContain('99')
  })

  it('HEAD keeps length and ETag', async () => {
    world.upstream.answer('/file', status(200, { 'content-length': 1234, 'content-type': 'video/mp4', etag: '"1"' }))
    const answer = await world.raw('/proxy/file', { method: 'HEAD', headers: callHeaders })
    expect([world.upstream.only().method, answer.status, answer.body.length]).toEqual(['HEAD', 200, 0])
    expect(answer.headers).toMatchObject({ 'content-length': '1234', 'content-type': 'video/mp4', etag: '"1"' })
  })
})

it('shows no secret in the logs of all that', () => {
  for (const secret of Object.values(secrets)) expect(world.server.logs()).not.toContain(secret)
})
