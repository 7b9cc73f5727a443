import { createServer } from 'node:net'
import { type RawAnswer, status } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type NangoWorld, secrets, startNangoWorld } from './world.js'

let world: NangoWorld

beforeAll(async () => {
  world = await startNangoWorld()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

interface Refused {
  readonly error: { readonly code: string; readonly message?: string; readonly errors?: readonly Fault[] }
}

interface Fault {
  readonly code: string
  readonly message: string
  readonly path: readonly string[]
}

/** Status and code of a refusal, after what every refusal has in common. */
function refusal(answer: RawAnswer): [number, string] {
  const { error } = answer.json() as Refused
  expect(answer.headers['content-type']).toBe('application/json')
  expect(answer.headers['x-request-id']).toMatch(/^req_/)
  expect(answer.headers['x-proxy-error']).toBe(error.code)
  for (const secret of Object.values(secrets)) expect(answer.text()).not.toContain(secret)
  expect(world.upstream.requests).toEqual([])
  return [answer.status, error.code]
}

describe('who asks', () => {
  it('nobody: without Authorization', async () => {
    const answer = await world.raw('/proxy/x', { headers: { authorization: undefined } })
    expect(refusal(answer)).toEqual([401, 'missing_auth_header'])
    expect(answer.json()).toEqual({
      error: { message: expect.any(String), code: 'missing_auth_header', payload: {} },
    })
  })

  it.each([
    ['Bearer', 'malformed_auth_header'],
    ['Bearer ', 'malformed_auth_header'],
    ['Basic YTpi', 'malformed_auth_header'],
    ['just-a-key', 'malformed_auth_header'],
    ['Bearer unknown', 'unknown_account'],
  ])('nobody: Authorization %j', async (authorization, code) => {
    for (const path of ['/proxy/x', '/connections', '/integrations/acme']) {
      expect(refusal(await world.raw(path, { headers: { authorization } }))).toEqual([401, code])
    }
  })

  it('somebody who may not', async () => {
    const authorization = `Bearer ${secrets.proxyOnly}`
    for (const [method, path] of [
      ['GET', '/connections'],
      ['GET', '/connections/c1?provider_config_key=acme'],
      ['DELETE', '/connections/c1?provider_config_key=acme'],
      ['POST', '/connect/sessions'],
      ['POST', '/integrations'],
    ] as const) {
      expect(refusal(await world.raw(path, { method, headers: { authorization } }))).toEqual([403, 'forbidden'])
    }
    expect((await world.raw('/proxy/x', { headers: { authorization } })).status).toBe(200)
  })
})

describe('what is called', () => {
  it('an integration that does not exist', async () => {
    const answer = await world.raw('/proxy/x', { headers: { 'provider-config-key': 'nothing' } })
    expect(refusal(answer)).toEqual([404, 'unknown_provider_config'])
    expect(refusal(await world.raw('/connections/c1?provider_config_key=nothing'))).toEqual([
      404,
      'unknown_provider_config',
    ])
  })

  it('a connection that does not exist', async () => {
    const answer = await world.raw('/proxy/x', { headers: { 'connection-id': 'nobody' } })
    expect(refusal(answer)).toEqual([400, 'server_error'])
    expect((answer.json() as Refused).error.message).toBe('Failed to get connection')
  })

  it('an app without a base', async () => {
    const headers = { 'provider-config-key': 'nobase' }
    expect(refusal(await world.raw('/proxy/x', { headers }))).toEqual([400, 'unsupported_provider'])
  })

  it('a host that the app does not allow', async () => {
    const headers = { 'base-url-override': 'https://example.com' }
    expect(refusal(await world.raw('/proxy/x', { headers }))).toEqual([400, 'base_url_override_not_allowed'])
    expect(refusal(await world.raw('/proxy/https://example.com/'))).toEqual([400, 'base_url_override_not_allowed'])
  })

  it('a route that does not exist, or is out of scope', async () => {
    expect(refusal(await world.raw('/connections/a/b/c?x=1', { method: 'PUT' }))).toEqual([405, 'method_not_allowed'])
    for (const path of [
      '/records?model=x',
      '/sync/trigger',
      '/action/trigger',
      '/scripts/config',
      '/environment-variables',
    ]) {
      const answer = await world.raw(path)
      expect(refusal(answer)).toEqual([404, 'not_found'])
      expect((answer.json() as Refused).error.message).toContain('out of scope')
    }
  })

  it.each(['TRACE', 'CONNECT'])('with %s', async (method) => {
    if (method === 'CONNECT') return // Node's client cannot send it to a path
    const answer = await world.raw('/proxy/x', { method })
    expect([answer.status, world.upstream.requests]).toEqual([405, []])
  })

  it.each([
    ['a method that nobody may use', { method: 'TRACE' }, 405, 'method_not_allowed'],
    ['headers that are too long', { headers: { long: 'a'.repeat(40_000) } }, 431, 'headers_too_large'],
  ])('with %s, before anybody knows what it asks for', async (_, request, status, code) => {
    for (const path of ['/proxy/x', '/connections']) {
      const answer = await world.raw(path, request)
      expect(answer.json()).toEqual({ error: { message: expect.any(String), code } })
      expect([answer.status, answer.headers['x-proxy-error']]).toEqual([status, code])
      if (status === 405) expect(answer.headers.allow).toContain('GET, HEAD, POST')
    }
  })
})

describe('headers', () => {
  const long = 'a'.repeat(256)

  it.each([
    ['Provider-Config-Key', ['', long, 'a/b', 'a,b', 'é', `\${x}`, 'a\tb']],
    ['Connection-Id', ['', long, 'a%b', 'a#b', 'a?b', 'é', 'a!b', 'a*b', 'a&b', 'a<b']],
    ['Retries', ['', '-1', '0.5', '11', '1e1', 'many', '0x1', ' ', '01']],
    ['Retry-On', ['', 'x', '409,', ',409', '409;410', '4 09', '-409']],
    ['Base-Url-Override', ['x', 'ftp://a.example', '/path']],
    ['Decompress', ['', '1', 'TRUE', 'yes']],
    ['Forward-Headers-On-Redirect', ['no']],
    ['Nango-Is-Sync', ['x']],
    ['Nango-Is-Dry-Run', ['x']],
    ['Nango-Is-Script', ['x']],
    ['Nango-Activity-Log-Id', [long]],
  ])('%s is refused as one of %o', async (name, values) => {
    for (const value of values) {
      const answer = await world.raw('/proxy/x', {
        headers: { [name.toLowerCase()]: Buffer.from(value).toString('latin1') },
      })
      const { error } = answer.json() as Refused
      expect([value, ...refusal(answer)]).toEqual([value, 400, 'invalid_headers'])
      expect(error.errors?.map(({ path }) => path)).toEqual([[name.toLowerCase()]])
      for (const fault of error.errors ?? []) {
        expect(fault).toEqual({ code: expect.any(String), message: expect.any(String), path: expect.any(Array) })
      }
    }
  })

  it.each([
    ['provider-config-key', ['acme', 'Acme Legacy~1']],
    ['retries', ['0', '1', '10']],
    ['retry-on', ['409', '409,410,0']],
    ['base-url-override', ['']],
    ['decompress', ['true', 'false']],
    ['forward-headers-on-redirect', ['true', 'false']],
    ['nango-is-sync', ['true', 'false']],
    ['nango-activity-log-id', ['', 'a'.repeat(255)]],
  ])('%s is fine as one of %o', async (name, values) => {
    for (const value of values) {
      expect([value, (await world.raw('/proxy/x', { headers: { [name]: value } })).status]).toEqual([value, 200])
    }
  })

  it('every character that a connection id may have', async () => {
    const id = `,.;:=+~[]|@\${}"'\\/_ -aZ09`
    const answer = await world.raw('/proxy/x', { headers: { 'connection-id': id } })
    expect(refusal(answer)).toEqual([400, 'server_error'])
  })

  it('all faults are told at once', async () => {
    const answer = await world.raw('/proxy/x', {
      headers: {
        'provider-config-key': undefined,
        'connection-id': undefined,
        retries: 'x',
        'retry-on': 'x',
        'nango-proxy-host': 'x',
      },
    })
    const { error } = answer.json() as Refused
    expect(refusal(answer)).toEqual([400, 'invalid_headers'])
    expect(error.errors?.map(({ path }) => path[0]).sort()).toEqual(
      ['connection-id', 'nango-proxy-host', 'provider-config-key', 'retries', 'retry-on'].sort(),
    )
  })

  it('are nobody’s business before the key is proven', async () => {
    const wrong = { 'connection-id': undefined, retries: 'x' }
    const answer = await world.raw('/proxy/x', { headers: { ...wrong, authorization: 'Bearer unknown' } })
    expect(refusal(answer)).toEqual([401, 'unknown_account'])
    expect(refusal(await world.raw('/proxy/x', { headers: wrong }))).toEqual([400, 'invalid_headers'])
    expect((await world.raw('/proxy/x')).status).toBe(200)
  })

  it.each(['connection-id', 'provider-config-key', 'retries'])('%s may stand once', async (name) => {
    const { authorization, ...others } = {
      authorization: `Bearer ${secrets.development}`,
      'connection-id': 'c1',
      'provider-config-key': 'acme',
      retries: '1',
    }
    const flat = ['authorization', authorization, ...Object.entries(others).flat(), name, 'c1', 'host', 'x']
    const { rawRequest } = await import('@proxy/test-support')
    const answer = await rawRequest(`${world.server.url}/proxy/x`, { headers: flat })
    expect([answer.status, (answer.json() as Refused).error.code]).toEqual([400, 'invalid_headers'])
  })
})

describe('JSON routes', () => {
  it('take JSON alone', async () => {
    for (const [method, path] of [
      ['POST', '/connections'],
      ['PATCH', '/connections/c1?provider_config_key=acme'],
      ['POST', '/connections/metadata'],
      ['POST', '/integrations'],
      ['POST', '/connect/sessions'],
    ] as const) {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
        const answer = await world.raw(path, { method, headers: { 'content-type': type }, body: '{}' })
        expect([path, type, ...refusal(answer)]).toEqual([path, type, 415, 'invalid_content_type'])
      }
      const broken = await world.raw(path, { method, headers: { 'content-type': 'application/json' }, body: '{"a":' })
      expect(refusal(broken)).toEqual([400, 'invalid_body'])
    }
  })

  it.each([
    [{ provider_config_key: 'acme', credentials: { type: 'BASIC', username: 'a', password: 'b' } }, 'credentials.type'],
    [{ provider_config_key: 'acme', credentials: { type: 'OAUTH2', access_token: 'a' } }, 'credentials.type'],
    [{ provider_config_key: 'shop', credentials: { type: 'API_KEY', apiKey: 'a' } }, 'credentials.type'],
    [{ provider_config_key: 'acme', credentials: { type: 'API_KEY' } }, 'credentials.apiKey'],
    [{ provider_config_key: 'acme', credentials: { type: 'API_KEY', apiKey: 'a', other: 'x' } }, 'credentials.other'],
    [{ provider_config_key: 'shop', credentials: { type: 'OAUTH2' } }, 'credentials.access_token'],
    [{ provider_config_key: 'acme' }, 'credentials'],
    [{ credentials: { type: 'API_KEY', apiKey: 'a' } }, 'provider_config_key'],
    [
      { provider_config_key: 'acme', connection_id: 'a#b', credentials: { type: 'API_KEY', apiKey: 'a' } },
      'connection_id',
    ],
    [{ provider_config_key: 'acme', credentials: { type: 'API_KEY', apiKey: 'a' }, tags: { a: 1 } }, 'tags.a'],
  ])('name what is wrong in %o', async (body, path) => {
    const answer = await world.raw('/connections', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const { error } = answer.json() as Refused
    expect(refusal(answer)).toEqual([400, 'invalid_body'])
    expect(error.errors?.map((fault) => fault.path.join('.'))).toEqual([path])
  })

  it.each([
    '/connections/c1',
    '/connections/c1?provider_config_key=',
    '/connections/c1?provider_config_key=acme&refresh_token=maybe',
    '/connections?limit=x',
    '/connections?limit=-1',
    '/connections?page=1.5',
  ])('name what is wrong in the query of %s', async (path) => {
    expect(refusal(await world.raw(path))).toEqual([400, 'invalid_query_params'])
  })
})

describe('limits and failures', () => {
  it('too many calls are a 429 that says when', async () => {
    const small = await startNangoWorld({ limits: { project: { requests: 2, window: '60s' } } })
    try {
      await small.raw('/proxy/x?secret=1')
      const fine = await small.raw('/proxy/x')
      expect(fine.headers).toMatchObject({ 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '0' })
      const answer = await small.raw('/proxy/y?secret=1', { method: 'POST' })
      expect(answer.status).toBe(429)
      expect(answer.json()).toMatchObject({ error: { code: 'too_many_request', method: 'POST', path: '/proxy/y' } })
      expect(answer.text()).not.toContain('secret')
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      expect(answer.headers).toMatchObject({ 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '0' })
      expect(Number(answer.headers['x-ratelimit-reset'])).toBeGreaterThan(Date.now() / 1000 - 1)
      expect(small.upstream.requests).toHaveLength(2)
    } finally {
      await small.stop()
    }
  })

  it('an upstream that is not there, does not answer, or speaks no HTTP', async () => {
    const probe = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end('not http\r\n\r\n'))
    })
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    const address = probe.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const broken = await startNangoWorld({
      network: {
        allowPrivate: ['127.0.0.0/8'],
        hosts: { localhost: '127.0.0.1', 'nowhere.acme-test.com': '127.0.0.1' },
      },
      apps: ['http', 'https'].flatMap((scheme) => [
        app(`${scheme}-broken`, `${scheme}://localhost:${port}`),
        app(`${scheme}-refused`, `${scheme}://localhost:1`),
      ]),
      accounts: [],
    })
    try {
      for (const [key, code] of [
        ['http-broken', 'upstream_protocol'],
        ['http-refused', 'upstream_connect'],
        ['https-broken', 'upstream_tls'],
        ['https-refused', 'upstream_connect'],
      ] as const) {
        await broken.raw('/connections', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ provider_config_key: key, connection_id: 'c1', credentials: { type: 'NONE' } }),
        })
        const answer = await broken.raw('/proxy/x', { headers: { 'provider-config-key': key } })
        expect([key, answer.status, (answer.json() as Refused).error.code]).toEqual([key, 502, code])
        expect((answer.json() as Refused).error.message).not.toMatch(/127\.|localhost/)
      }
    } finally {
      await broken.stop()
      probe.close()
    }
  })

  it('a 404 of the upstream is no refusal of this server', async () => {
    world.upstream.answer('/gone', status(404))
    const answer = await world.raw('/proxy/gone')
    expect([answer.status, answer.headers['x-proxy-error']]).toEqual([404, undefined])
  })
})

function app(slug: string, base: string): object {
  return {
    name_slug: slug,
    name: slug,
    auth_type: 'none',
    connect: { base_proxy_target_url: base, allow_http: true },
    auth: [],
  }
}
