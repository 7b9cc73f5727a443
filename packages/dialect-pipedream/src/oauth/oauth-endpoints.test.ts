import { describe, expect, it } from 'vitest'
import { base64url, type CallOptions, createBench, secret } from '../../testing/bench.js'
import { scopeNames } from '../tokens/scope-names.js'

const bench = createBench()
const good = { grant_type: 'client_credentials', client_id: 'demo', client_secret: secret }
const form = ['Content-Type', 'application/x-www-form-urlencoded;charset=UTF-8']

function token(options: CallOptions) {
  return bench.call('POST', '/v1/oauth/token', { bearer: null, ...options })
}

function basic(id: string, password: string): string[] {
  return ['Authorization', `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`]
}

describe('POST /v1/oauth/token', () => {
  it('answers JSON with no key that has no value, and forbids caches to keep it', async () => {
    const answer = await token({ json: good })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.json).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 3600,
      created_at: Math.floor(bench.clock.now() / 1000),
    })
    expect((await bench.call('GET', '/v1/connect/apps', { bearer: answer.json.access_token })).status).toBe(200)
  })

  it('takes the form that the 1.x client sends', async () => {
    const body = `scope=connect%3Aproxy+connect%3Aaccounts%3Aread&project_id=proj_demo&environment=development&grant_type=client_credentials&client_id=demo&client_secret=${secret}`
    const answer = await token({ body, headers: form })
    expect(answer.status).toBe(200)
    expect(answer.json).not.toHaveProperty('scope')
  })

  it('takes HTTP Basic, encoded or not', async () => {
    const secretDigests = [...(bench.clients.get('demo')?.secretDigests ?? [])]
    expect(secretDigests).toHaveLength(1)
    const body = 'grant_type=client_credentials'
    expect((await token({ body, headers: [...form, ...basic('demo', secret)] })).status).toBe(200)
    expect(
      (await token({ body, headers: [...form, ...basic('demo', encodeURIComponent(secret).replace('-', '%2D'))] }))
        .status,
    ).toBe(200)
    expect((await token({ json: { grant_type: 'client_credentials' }, headers: basic('demo', secret) })).status).toBe(
      200,
    )
  })

  it.each(scopeNames)('grants the scope %s', async (scope) => {
    expect((await token({ json: { ...good, scope } })).status).toBe(200)
  })

  it('grants what a client holds when it asks for nothing, and says so', async () => {
    const answer = await token({ json: { ...good, client_id: 'minter' } })
    expect(answer.json.scope).toBe('connect:tokens:create connect:proxy')
    expect((await token({ json: { ...good, scope: null } })).json).not.toHaveProperty('scope')
  })

  it('never limits a burst of good calls', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => token({ json: good })))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(new Set(answers.map(({ json }) => json.access_token)).size).toBe(200)
  })

  it.each<[string, number, string, CallOptions]>([
    ['no grant type', 400, 'invalid_request', { json: { ...good, grant_type: undefined } }],
    ['an empty grant type', 400, 'invalid_request', { json: { ...good, grant_type: '' } }],
    ['another grant type', 400, 'unsupported_grant_type', { json: { ...good, grant_type: 'password' } }],
    ['an unknown scope', 400, 'invalid_scope', { json: { ...good, scope: 'connect:proxy connect:everything' } }],
    ['an empty list of scopes', 400, 'invalid_scope', { json: { ...good, scope: '  ' } }],
    [
      'a scope that it does not hold',
      400,
      'invalid_scope',
      { json: { ...good, client_id: 'reader', scope: 'connect:proxy' } },
    ],
    ['all scopes, of which it holds one', 400, 'invalid_scope', { json: { ...good, client_id: 'reader', scope: '*' } }],
    ['a wrong secret', 401, 'invalid_client', { json: { ...good, client_secret: 'wrong' } }],
    ['an unknown client', 401, 'invalid_client', { json: { ...good, client_id: 'nobody' } }],
    ['a client of the prototype', 401, 'invalid_client', { json: { ...good, client_id: 'constructor' } }],
    ['no secret', 401, 'invalid_client', { json: { ...good, client_secret: undefined } }],
    ['no client', 401, 'invalid_client', { json: { grant_type: 'client_credentials' } }],
    ['a secret that is no text', 400, 'invalid_request', { json: { ...good, client_secret: 1 } }],
    ['Basic and the body at once', 400, 'invalid_request', { json: good, headers: basic('demo', secret) }],
    [
      'Basic and another client_id',
      400,
      'invalid_request',
      { json: { grant_type: 'client_credentials', client_id: 'other' }, headers: basic('demo', secret) },
    ],
    [
      'Basic with a wrong secret',
      401,
      'invalid_client',
      { json: { grant_type: 'client_credentials' }, headers: basic('demo', 'wrong') },
    ],
    [
      'Basic that is not base64',
      401,
      'invalid_client',
      { json: { grant_type: 'client_credentials' }, headers: ['Authorization', 'Basic !!'] },
    ],
    [
      'Basic without a colon',
      401,
      'invalid_client',
      { json: { grant_type: 'client_credentials' }, headers: ['Authorization', `Basic ${base64url('demo')}`] },
    ],
    [
      'a repeated field',
      400,
      'invalid_request',
      { body: `grant_type=client_credentials&client_id=demo&client_id=demo&client_secret=${secret}`, headers: form },
    ],
    ['a form that is not UTF-8', 400, 'invalid_request', { body: 'grant_type=%ff', headers: form }],
    [
      'bytes that are not UTF-8',
      400,
      'invalid_request',
      { body: new Uint8Array([0x7b, 0xff]), headers: ['content-type', 'application/json'] },
    ],
    ['broken JSON', 400, 'invalid_request', { body: '{"grant_type":', headers: ['content-type', 'application/json'] }],
    ['JSON that is no object', 400, 'invalid_request', { json: ['client_credentials'] }],
    [
      'JSON with a prototype',
      400,
      'invalid_request',
      { body: '{"__proto__":{"grant_type":"client_credentials"}}', headers: ['content-type', 'application/json'] },
    ],
    [
      'JSON nested too deep',
      400,
      'invalid_request',
      { body: `${'['.repeat(5000)}${']'.repeat(5000)}`, headers: ['content-type', 'application/json'] },
    ],
    ['no content type', 400, 'invalid_request', { body: new Uint8Array(Buffer.from(JSON.stringify(good))) }],
    [
      'another content type',
      400,
      'invalid_request',
      { body: JSON.stringify(good), headers: ['content-type', 'text/plain'] },
    ],
    ['no body', 400, 'invalid_request', { headers: form }],
  ])('refuses %s with %i %s', async (_, status, code, options) => {
    const answer = await token({ ...options, remoteAddress: `test-${code}-${Math.random()}` })
    expect(answer.status).toBe(status)
    expect(answer.json).toMatchObject({ error: code, code, error_description: expect.any(String) })
    expect(answer.headers.get('x-proxy-error')).toBe(code)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('www-authenticate') !== null).toBe(status === 401)
    expect(answer.text).not.toContain(secret)
    expect((await token({ json: good })).status).toBe(200)
  })

  it('answers unknown clients and wrong secrets with the same bytes', async () => {
    const unknown = await token({ json: { ...good, client_id: 'nobody' } })
    const wrong = await token({ json: { ...good, client_secret: 'wrong' } })
    expect(unknown.text).toBe(wrong.text)
  })

  it('takes no body longer than 64 kB', async () => {
    const body = (length: number) => `${JSON.stringify(good).slice(0, -1)},"x":"${'y'.repeat(length)}"}`
    const headers = ['content-type', 'application/json']
    const refused = await token({ body: body(65_536), headers })
    expect([refused.status, refused.json.code]).toEqual([413, 'payload_too_large'])
    expect((await token({ body: body(60_000), headers })).status).toBe(200)
  })

  it('has POST alone', async () => {
    const answer = await bench.call('GET', '/v1/oauth/token', { bearer: null })
    expect([answer.status, answer.json.code, answer.headers.get('allow')]).toEqual([405, 'method_not_allowed', 'POST'])
  })
})

describe('failed authentication', () => {
  it('gets 429 in the end, by client and by source, and never locks out who has the secret', async () => {
    const fresh = createBench()
    const attempt = (id: string, password: string, remoteAddress: string) =>
      fresh.call('POST', '/v1/oauth/token', {
        bearer: null,
        json: { ...good, client_id: id, client_secret: password },
        remoteAddress,
      })
    for (let count = 0; count < 30; count += 1) {
      expect((await attempt('demo', 'guess', `source-${count}`)).status).toBe(401)
    }
    const refused = await attempt('demo', 'guess', 'source-x')
    expect([refused.status, refused.json]).toEqual([429, { error: 'Throttled', code: 'rate_limited' }])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect((await attempt('demo', secret, 'source-x')).status).toBe(200)
    expect((await attempt('other', 'guess', 'source-y')).status).toBe(401)

    for (let count = 0; count < 29; count += 1) await attempt('other', 'guess', 'source-z')
    for (let count = 0; count < 3; count += 1) await attempt(`nobody-${count}`, 'guess', 'source-z')
    expect((await attempt('reader', 'guess', 'source-z')).status).toBe(429)
    expect((await attempt('reader', secret, 'source-z')).status).toBe(200)
    fresh.clock.advance(120_000)
    expect((await attempt('demo', 'guess', 'source-x')).status).toBe(401)
  })
})

describe('POST /v1/oauth/revoke', () => {
  const revoke = (value: string, client = 'demo') =>
    bench.call('POST', '/v1/oauth/revoke', {
      bearer: null,
      body: `token=${value}&client_id=${client}&client_secret=${secret}`,
      headers: form,
    })
  const works = async (bearer: string) => (await bench.call('GET', '/v1/connect/apps', { bearer })).status

  it('ends a token of the client, and no other', async () => {
    const [one, other] = [await bench.token(), await bench.token()]
    expect(await works(one)).toBe(200)
    const answer = await revoke(one)
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect(await works(one)).toBe(401)
    expect(await works(other)).toBe(200)
    expect((await revoke(one)).status).toBe(200)
  })

  it('ends a connect token that the client made', async () => {
    const made = await bench.call('POST', '/v1/connect/proj_demo/tokens', { json: { external_user_id: 'u' } })
    expect(await works(made.json.token)).toBe(200)
    await revoke(made.json.token, 'reader')
    expect(await works(made.json.token)).toBe(200)
    await revoke(made.json.token)
    expect(await works(made.json.token)).toBe(401)
  })

  it("answers 200 for what is no token or another client's, and does nothing", async () => {
    const mine = await bench.token()
    expect((await revoke(mine, 'other')).status).toBe(200)
    expect(await works(mine)).toBe(200)
    for (const value of ['garbage', 'a.b.c', 'ctok_x', `ctok_${'0'.repeat(32)}`]) {
      expect((await revoke(value)).status).toBe(200)
    }
  })

  it('needs a token and a client', async () => {
    expect(
      (
        await bench.call('POST', '/v1/oauth/revoke', {
          bearer: null,
          body: `client_id=demo&client_secret=${secret}`,
          headers: form,
        })
      ).json.error,
    ).toBe('invalid_request')
    expect(
      (
        await bench.call('POST', '/v1/oauth/revoke', {
          bearer: null,
          body: 'token=x&client_id=demo&client_secret=y',
          headers: form,
        })
      ).json.error,
    ).toBe('invalid_client')
  })
})

describe('POST /v1/oauth/introspect', () => {
  const introspect = async (value: string, client = 'demo') =>
    (
      await bench.call('POST', '/v1/oauth/introspect', {
        bearer: null,
        json: { token: value, client_id: client, client_secret: secret },
      })
    ).json

  it("describes the client's own tokens", async () => {
    const token = await bench.token('demo', 'connect:proxy')
    expect(await introspect(token)).toMatchObject({
      active: true,
      token_type: 'Bearer',
      client_id: 'demo',
      sub: 'demo',
      scope: 'connect:proxy',
      exp: Math.floor(bench.clock.now() / 1000) + 3600,
      jti: expect.any(String),
    })
    const made = await bench.call('POST', '/v1/connect/proj_demo/tokens', { json: { external_user_id: 'user-9' } })
    expect(await introspect(made.json.token)).toMatchObject({ active: true, sub: 'user-9' })
  })

  it('says no more than inactive of all others', async () => {
    const token = await bench.token()
    expect(await introspect(token, 'other')).toEqual({ active: false })
    expect(await introspect('garbage')).toEqual({ active: false })
    expect(await introspect(`${token}x`)).toEqual({ active: false })
    await bench.call('POST', '/v1/oauth/revoke', {
      bearer: null,
      json: { token, client_id: 'demo', client_secret: secret },
    })
    expect(await introspect(token)).toEqual({ active: false })
    const brief = await bench.token()
    bench.clock.advance(3_600_000)
    expect(await introspect(brief)).toEqual({ active: false })
    expect(await introspect(await bench.token())).toMatchObject({ active: true })
  })
})
