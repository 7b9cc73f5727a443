import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { acme, type NangoWorld, occurrences, secrets, startNangoWorld } from './world.js'

let world: NangoWorld

beforeAll(async () => {
  world = await startNangoWorld()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

const all = Object.values(secrets)

function codeOf(answer: { json(): unknown }): unknown {
  return (answer.json() as { error: { code: unknown } }).error.code
}

describe('text of the caller is never a template', () => {
  it.each([
    '/proxy/x/$%7Baccess_token%7D',
    `/proxy/x/\${access_token}`,
    `/proxy/x/\${apiKey}/||/\${credentials.apiKey}`,
    '/proxy/x/%7B%7Bcustom_fields.api_key%7D%7D',
    '/proxy/x/{{custom_fields.api_key}}',
    `/proxy/x?key=\${apiKey}&other={{credentials.oauth_access_token}}&c=\${connectionConfig.api_key}`,
    `/proxy/x/\${connectionConfig.api_key}||\${base64(apiKey)}`,
  ])('%s arrives as it is', async (path) => {
    for (const integration of ['acme', 'shop']) {
      await world.raw(path, { headers: { 'provider-config-key': integration } })
      expect(world.upstream.only().url).toBe(path.slice('/proxy'.length))
      world.upstream.forget()
    }
  })

  it('nor in a header or a body', async () => {
    const text = `\${accessToken} {{custom_fields.api_key}} \${apiKey}`
    const headers = { 'nango-proxy-x-text': text, 'content-type': 'text/plain' }
    await world.raw('/proxy/x', { method: 'POST', headers, body: text })
    const seen = world.upstream.only()
    expect([seen.values('x-text'), seen.body.toString()]).toEqual([[text], text])
    expect(occurrences(seen, secrets.acmeKey)).toBe(1)
  })
})

describe('connection_config cannot move the host', () => {
  it.each([
    'evil.com/',
    'evil.com#',
    'evil.com?x=',
    'a@evil.com',
    'a:80@evil',
    'evil.com:443',
    '..',
    'a b',
    'ａ',
    '127.0.0.1',
    '',
    'a.b',
    `\${apiKey}`,
    '{{custom_fields.token}}',
  ])('%j is refused when it is stored', async (tenant) => {
    const answer = await world.raw('/connections', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        provider_config_key: 'tenants',
        connection_id: 'hostile',
        credentials: { type: 'API_KEY', apiKey: 'canary' },
        connection_config: { tenant },
      }),
    })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'invalid_body'])
    const call = await world.raw('/proxy/x', {
      headers: { 'provider-config-key': 'tenants', 'connection-id': 'hostile' },
    })
    expect(call.status).toBe(400)
    expect(world.upstream.requests).toEqual([])
  })

  it('and one that fits is stored and used', async () => {
    const answer = await world.raw('/connections', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        provider_config_key: 'tenants',
        connection_id: 'peaceful',
        credentials: { type: 'API_KEY', apiKey: 'canary' },
        connection_config: { tenant: 'north' },
      }),
    })
    expect(answer.status).toBe(201)
    await world.raw('/proxy/x', { headers: { 'provider-config-key': 'tenants', 'connection-id': 'peaceful' } })
    expect(world.upstream.only().values('authorization')).toEqual(['Bearer canary'])
  })
})

describe('the host of a call', () => {
  it.each([
    'https://example.com',
    'https://169.254.169.254/latest',
    'http://10.0.0.1',
    'https://localhost.example.com',
    'http://127.0.0.1',
    'https://[::1]',
  ])('cannot be moved by Base-Url-Override: %s', async (url) => {
    const answer = await world.raw('/proxy/x', { headers: { 'base-url-override': url } })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'base_url_override_not_allowed'])
    expect(world.upstream.requests).toEqual([])
  })

  it.each([
    'localhost',
    'ftp://localhost',
    'https://user:pw@localhost',
    'https://local\\host',
    'https://localhost:0',
    'https://exa mple.com',
    'javascript:alert(1)',
    '//example.com',
  ])('nor by what is no URL: %s', async (url) => {
    const answer = await world.raw('/proxy/x', { headers: { 'base-url-override': url } })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'invalid_headers'])
  })

  it.each([
    'Host',
    'Connection',
    'Content-Length',
    'Transfer-Encoding',
    'TE',
    'Trailer',
    'Upgrade',
    'Keep-Alive',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Expect',
    'Via',
  ])('nor by Nango-Proxy-%s, which is refused', async (name) => {
    const answer = await world.raw('/proxy/x', { headers: { [`Nango-Proxy-${name}`]: 'chunked' } })
    expect([answer.status, answer.json()]).toMatchObject([
      400,
      { error: { code: 'invalid_headers', errors: [{ path: [`nango-proxy-${name.toLowerCase()}`] }] } },
    ])
    expect(world.upstream.requests).toEqual([])
  })

  it('a name that Connection lists is not sent on', async () => {
    const headers = {
      connection: 'close, nango-proxy-x-gone, x-gone-too',
      'nango-proxy-x-gone': '1',
      'nango-proxy-x-gone-too': '1',
      'nango-proxy-x-kept': '1',
    }
    await world.raw('/proxy/x', { headers })
    const seen = world.upstream.only()
    expect([seen.values('x-gone'), seen.values('x-gone-too'), seen.values('x-kept')]).toEqual([[], [], ['1']])
    expect(seen.values('x-api-key')).toEqual([secrets.acmeKey])
  })

  it.each(['/proxy/../x', '/proxy/a/../../x', '/proxy/%2e%2e/x', '/proxy/.%2E/%2e./x'])(
    'is not left by the path %s, nor its base',
    async (path) => {
      await world.raw('/connections', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          provider_config_key: 'deep',
          connection_id: 'c1',
          credentials: { type: 'API_KEY', apiKey: 'deep-canary' },
        }),
      })
      const headers = { 'provider-config-key': 'deep' }
      const answer = await world.raw(path, { headers })
      expect([answer.status, codeOf(answer)]).toEqual([400, 'invalid_uri_params'])
      expect(world.upstream.requests).toEqual([])
      await world.raw('/proxy/a/../x', { headers })
      expect(world.upstream.only().url).toBe('/api/v1/a/../x')
    },
  )

  it('a credential goes nowhere but to the upstream, and in no answer or log', async () => {
    await world.raw('/proxy/x')
    await world.raw('/proxy/x', { headers: { 'connection-id': 'nobody' } })
    for (const secret of all) expect(world.server.logs()).not.toContain(secret)
  })
})

describe('keys', () => {
  it('of nobody, in any number, cost the good caller nothing', async () => {
    const startedAt = performance.now()
    const guesses = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        world.raw('/proxy/x', { headers: { authorization: `Bearer guess-${index}` } }),
      ),
    )
    expect(guesses.filter(({ status }) => status !== 401 && status !== 429)).toEqual([])
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect((await world.raw('/proxy/x')).status).toBe(200)
  })

  it('that look like a key of another kind are simply unknown', async () => {
    for (const bearer of [
      'eyJhbGciOiJub25lIn0.e30.',
      'ctok_00000000000000000000000000000000',
      `${secrets.development} `.repeat(2),
      'ü',
    ]) {
      const answer = await world.raw('/proxy/x', {
        headers: { authorization: `Bearer ${Buffer.from(bearer).toString('latin1')}` },
      })
      expect([401, 429]).toContain(answer.status)
    }
    expect(world.upstream.requests).toEqual([])
  })
})

it('a connection of one environment is not there in the other', async () => {
  const answer = await world.client(secrets.production).get({ ...acme, endpoint: '/x' })
  expect(answer.status).toBe(200)
  const other = await world.raw('/proxy/x', {
    headers: { authorization: `Bearer ${secrets.production}`, 'provider-config-key': 'shop' },
  })
  expect([other.status, codeOf(other)]).toEqual([400, 'server_error'])
})
