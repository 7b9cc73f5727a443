import { generateKeyPairSync, verify } from 'node:crypto'
import { createKeyRing, createSealer, ExchangeFailure, ExchangeRefusal, oauthClientSealContext } from '@proxy/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connected, type ExchangeBench, exchangeBench, oauthApp } from '../testing/exchange-bench.js'
import { json, startVendor, text, type Vendor } from '../testing/start-vendor.js'

let vendor: Vendor
let bench: ExchangeBench
beforeEach(async () => {
  vendor = await startVendor()
  bench = exchangeBench()
})
afterEach(async () => {
  await bench.close()
  await vendor.stop()
})

const tokenUrl = () => `${vendor.origin}/token`

describe('the request', () => {
  it('is a form with the refresh token and the client', async () => {
    await bench.exchange(oauthApp(tokenUrl()), connected)
    const { method, url, headers, form } = vendor.only()
    expect([method, url]).toEqual(['POST', '/token'])
    expect(form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'old-refresh',
      client_id: 'client-1',
      client_secret: 'client-secret',
    })
    expect(headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'api-proxy',
    })
    expect(headers.authorization).toBeUndefined()
  })

  it.each([
    ['client-1', 'client-secret', 'client-1:client-secret'],
    ['6b1f-a.b_c', 's3cr-et', '6b1f-a.b_c:s3cr-et'],
    ['id:1', 'a b+c/d=é', 'id%3A1:a+b%2Bc%2Fd%3D%C3%A9'],
  ])('proves the client %s by basic authentication', async (client_id, client_secret, credentials) => {
    await bench.exchange(oauthApp(tokenUrl(), { client_auth: 'basic', client_id, client_secret }), connected)
    const { headers, form } = vendor.only()
    const [scheme, encoded = ''] = headers.authorization?.split(' ') ?? []
    expect([scheme, Buffer.from(encoded, 'base64').toString()]).toEqual(['Basic', credentials])
    expect(form).toEqual({ grant_type: 'refresh_token', refresh_token: 'old-refresh' })
  })

  it('names a public client', async () => {
    await bench.exchange(oauthApp(tokenUrl(), { client_auth: 'none' }), connected)
    expect(vendor.only().form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'old-refresh',
      client_id: 'client-1',
    })
  })

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'] as const)('proves the client by an assertion: %s', async (algorithm) => {
    const { privateKey, publicKey } = keyPair(algorithm)
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const settings = { client_auth: 'private_key_jwt', algorithm, key_id: 'key-1' } as const
    await bench.exchange(oauthApp(`${tokenUrl()}?v=2`, { ...settings, client_secret: pem }), connected)
    const { form, url } = vendor.only()
    expect(url).toBe('/token?v=2')
    expect(form.client_assertion_type).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    expect(form).not.toHaveProperty('client_secret')
    const [header = '', claims = '', signature = ''] = form.client_assertion?.split('.') ?? []
    expect(decode(header)).toEqual({ alg: algorithm, typ: 'JWT', kid: 'key-1' })
    const now = bench.clock.now() / 1000
    expect(decode(claims)).toMatchObject({ iss: 'client-1', sub: 'client-1', aud: tokenUrl(), iat: now, exp: now + 60 })
    const key = {
      key: publicKey,
      dsaEncoding: 'ieee-p1363' as const,
      ...(algorithm === 'PS256' && { padding: 6, saltLength: 32 }),
    }
    const hash = algorithm === 'EdDSA' ? null : 'sha256'
    expect(verify(hash, Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it("carries the app's further fields and headers, with the account's values in them", async () => {
    const app = oauthApp(tokenUrl(), {
      client_auth: 'none',
      token_params: { client_key: '{{credentials.client_id}}', tenant: '{{custom_fields.tenant}}' },
      token_headers: {
        Authorization: "Basic {{base64(credentials.client_id, ':', credentials.client_secret)}}",
        'user-agent': 'Acme-App',
      },
    })
    await bench.exchange(app, connected)
    const { headers, form } = vendor.only()
    expect(form).toMatchObject({ client_key: 'client-1', tenant: 't-1', refresh_token: 'old-refresh' })
    expect(headers['user-agent']).toBe('Acme-App')
    expect(headers.authorization).toBe(`Basic ${Buffer.from('client-1:client-secret').toString('base64')}`)
  })

  it('is JSON for vendors that want it', async () => {
    await bench.exchange(oauthApp(tokenUrl(), { token_body: 'json', client_auth: 'basic' }), connected)
    const { headers, body } = vendor.only()
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(body)).toEqual({ grant_type: 'refresh_token', refresh_token: 'old-refresh' })
  })

  it("goes to the host that the account's own fields make, by the rules of a base URL", async () => {
    const app = oauthApp(`http://{{custom_fields.subdomain}}.acme.test:${vendor.port}/{{custom_fields.tenant}}/token`)
    await bench.exchange(app, connected)
    expect(vendor.only()).toMatchObject({ url: '/t-1/token', headers: { host: `one.acme.test:${vendor.port}` } })
    for (const subdomain of ['evil.com/', '127.0.0.1#', 'a.b', '']) {
      await expect(
        bench.exchange(app, { ...connected, customFields: { subdomain, tenant: 't-1' } }),
      ).rejects.toMatchObject({ code: 'account_config_invalid', details: { field: 'custom_fields.subdomain' } })
    }
    expect(vendor.requests).toHaveLength(1)
  })

  it('goes to no address that the guard refuses', async () => {
    const guarded = exchangeBench({ allowPrivate: [] })
    await expect(guarded.exchange(oauthApp(tokenUrl()), connected)).rejects.toMatchObject({ code: 'target_denied' })
    expect(vendor.requests).toHaveLength(0)
    await guarded.close()
  })
})

describe('the OAuth client', () => {
  const sealer = createSealer(createKeyRing([Buffer.alloc(32, 7).toString('base64')]))
  const record = { app: 'acme', client_id: 'own-client', scopes: [], additional_scopes: [] }
  const id = 'proj_sample/oa_1'

  it('is the one that the project brought along, with its sealed secret', async () => {
    const own = exchangeBench({ sealer })
    const secret = sealer.seal('own-secret', oauthClientSealContext('proj_sample', 'oa_1'))
    await own.storage.writeDocument({ kind: 'oauth-app', id, value: { ...record, client_secret: secret } }, 0)
    await own.exchange(oauthApp(tokenUrl()), connected, { oauthAppId: 'oa_1' })
    expect(vendor.only().form).toMatchObject({ client_id: 'own-client', client_secret: 'own-secret' })
    await own.close()
  })

  it.each([
    ['does not exist', undefined],
    ['is one of another app', { ...record, app: 'other', client_secret: 'own-secret' }],
    ['cannot be read', { ...record }],
    ['does not open', { ...record, client_secret: 'not sealed' }],
    [
      'was sealed for another project',
      { ...record, client_secret: sealer.seal('own-secret', oauthClientSealContext('proj_other', 'oa_1')) },
    ],
  ])('that %s is a fault of the account, and nothing is sent', async (_, value) => {
    const own = exchangeBench({ sealer })
    if (value !== undefined) await own.storage.writeDocument({ kind: 'oauth-app', id, value }, 0)
    const error = await own.exchange(oauthApp(tokenUrl()), connected, { oauthAppId: 'oa_1' }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'account_config_invalid', details: { account_id: 'apn_sample1' } })
    expect(error.message).not.toContain('own-secret')
    expect(vendor.requests).toHaveLength(0)
    await own.close()
  })

  it('is missing when neither the app nor the account has one', async () => {
    const { client_id, ...oauth } = oauthApp(tokenUrl()).oauth ?? {}
    expect(client_id).toBe('client-1')
    await expect(bench.exchange({ ...oauthApp(tokenUrl()), oauth }, connected)).rejects.toMatchObject({
      code: 'account_config_invalid',
      message: expect.stringContaining('oauth.client_id'),
    })
  })
})

describe('the answer', () => {
  const get = (oauth: object = {}) => bench.exchange(oauthApp(tokenUrl(), oauth), connected)
  const now = () => bench.clock.now()

  it('gives the tokens, their end and their scopes', async () => {
    vendor.answer(json({ access_token: 'a', refresh_token: 'r', expires_in: 60, scope: 'read write', id_token: 'x' }))
    expect(await get()).toEqual({
      credentials: { oauth_access_token: 'a', oauth_refresh_token: 'r' },
      expiresAt: now() + 60_000,
      scopes: ['read', 'write'],
    })
  })

  it.each([
    ['without a refresh token', { access_token: 'a', expires_in: 60 }],
    ['with an empty refresh token', { access_token: 'a', expires_in: 60, refresh_token: '' }],
    ['with null for a refresh token', { access_token: 'a', expires_in: '60', refresh_token: null }],
  ])('%s leaves the old one', async (_, body) => {
    vendor.answer(json(body))
    const { credentials, expiresAt } = await get()
    expect([credentials, expiresAt]).toEqual([{ oauth_access_token: 'a' }, now() + 60_000])
  })

  it.each<[string, object, object, number | undefined]>([
    ['names no end', {}, {}, undefined],
    ['names no end, and the app a lifetime', {}, { lifetime: '2h' }, 7_200_000],
    ['names an end, and the app a lifetime', { expires_in: 60 }, { lifetime: 7_200 }, 60_000],
    ['says 0, which is "never"', { expires_in: 0 }, {}, undefined],
    ['says what is no number', { expires_in: 'soon' }, { lifetime: 10 }, 10_000],
    ['says more than time has', { expires_in: 1e300 }, {}, undefined],
    [
      'is a JWT that says it',
      { access_token: jwt({ exp: Date.UTC(2026, 0, 1, 1) / 1000 }) },
      { expiry_in_token: true },
      3_600_000,
    ],
    ['is a JWT, and says it too', { access_token: jwt({ exp: 1 }), expires_in: 5 }, { expiry_in_token: true }, 5_000],
    ['is no JWT', { access_token: 'a.b.c' }, { expiry_in_token: true, lifetime: 9 }, 9_000],
    ['is a JWT without exp', { access_token: jwt({}) }, { expiry_in_token: true }, undefined],
    [
      'says when, in seconds',
      { expires_at: Date.UTC(2026, 0, 2) / 1000 },
      { token_paths: { expires_at: 'expires_at' } },
      86_400_000,
    ],
    ['says when, in milliseconds', { at: Date.UTC(2026, 0, 2) }, { token_paths: { expires_at: '/at' } }, 86_400_000],
    ['says when, as a date', { at: '2026-01-02T00:00:00Z' }, { token_paths: { expires_at: 'at' } }, 86_400_000],
  ])('that %s', async (_, body, oauth, lifetimeMs) => {
    vendor.answer(json({ access_token: 'a', ...body }))
    const { expiresAt } = await get(oauth)
    expect(expiresAt).toBe(lifetimeMs === undefined ? undefined : now() + lifetimeMs)
  })

  it('may have its values elsewhere, and further ones', async () => {
    vendor.answer(
      json({ ok: true, team: { id: 7 }, authed_user: { access_token: 'xoxp', refresh_token: 'xoxe', scope: 'a,b' } }),
    )
    const token_paths = {
      access_token: 'authed_user.access_token',
      refresh_token: '/authed_user/refresh_token',
      scope: 'authed_user.scope',
      team_id: 'team.id',
    }
    expect(await get({ token_paths })).toEqual({
      credentials: { oauth_access_token: 'xoxp', oauth_refresh_token: 'xoxe', team_id: '7' },
      expiresAt: undefined,
      scopes: ['a', 'b'],
    })
  })

  it.each([
    ['a b', undefined, ['a', 'b']],
    ['a,b, c', undefined, ['a', 'b', 'c']],
    ['read repo|write repo', '|', ['read repo', 'write repo']],
    ['a,b', ' ', ['a', 'b']],
  ])('names scopes as %j', async (scope, scope_separator, scopes) => {
    vendor.answer(json({ access_token: 'a', scope }))
    expect((await get(scope_separator === undefined ? {} : { scope_separator })).scopes).toEqual(scopes)
  })

  it.each([
    ['JSON under another type', text('{"access_token":"a"}', 'text/html')],
    ['a form', text('access_token=a&scope=&token_type=bearer', 'application/x-www-form-urlencoded')],
    ['JSON with another status of success', json({ access_token: 'a', token_type: 'MAC' }, 201)],
  ])('may be %s', async (_, answer) => {
    vendor.answer(answer)
    expect((await get()).credentials).toEqual({ oauth_access_token: 'a' })
  })
})

describe('a failure', () => {
  const fail = async (oauth: object = {}): Promise<Error & { retryAfterMs?: number }> => {
    const tokens = await bench.exchange(oauthApp(tokenUrl(), oauth), connected).catch((error: Error) => error)
    if (!(tokens instanceof Error)) throw new Error('It did not fail.')
    return tokens
  }

  it.each<[string, ReturnType<typeof json>, object]>([
    ['400 invalid_grant', json({ error: 'invalid_grant', error_description: 'gone' }, 400), {}],
    ['401 invalid_grant', json({ error: 'invalid_grant' }, 401, { 'www-authenticate': 'Basic realm="x"' }), {}],
    ['200 bad_refresh_token', json({ error: 'bad_refresh_token' }), { refused_errors: ['bad_refresh_token'] }],
    [
      '200 invalid_refresh_token',
      json({ ok: false, error: 'invalid_refresh_token' }),
      { refused_errors: ['invalid_refresh_token'] },
    ],
    [
      '400 token_revoked',
      json({ errors: [{ code: 'token_revoked' }] }, 400),
      { refused_errors: ['token_revoked'], token_paths: { error: 'errors.0.code' } },
    ],
  ])('with %s ends the grant', async (shown, answer, oauth) => {
    vendor.answer(answer)
    const error = await fail(oauth)
    expect(error).toBeInstanceOf(ExchangeRefusal)
    expect(error.message).toBe(`the vendor answered ${shown}`)
  })

  it.each<[string, ReturnType<typeof json>]>([
    ['the vendor answered 400 invalid_client', json({ error: 'invalid_client' }, 400)],
    ['the vendor answered 401 unauthorized_client', json({ error: 'unauthorized_client' }, 401)],
    ['the vendor answered 500', json({}, 500)],
    ['the vendor answered 503 invalid_grant', json({ error: 'invalid_grant' }, 503)],
    ['the vendor answered 502', text('<html>Bad Gateway</html>', 'text/html', 502)],
    ['the vendor answered 200 bad_refresh_token without a token', json({ error: 'bad_refresh_token' })],
    ['the vendor answered 200 without a token', json({ access_token: '' })],
    ['the vendor answered 200 without a token', json(['access_token'])],
    ['the vendor answered 200 without a token', json({ access_token: { a: 1 } })],
    ['the vendor answered 200 without a token', text('null', 'application/json')],
    ['the vendor answered 204 without a token', (response) => response.writeHead(204).end()],
    [
      'the vendor answered 307, a redirect, which is not followed',
      (response) => response.writeHead(307, { location: '/elsewhere' }).end(),
    ],
  ])('is one for now: %s', async (message, answer) => {
    vendor.answer(answer)
    const error = await fail()
    expect(error).toBeInstanceOf(ExchangeFailure)
    expect(error.message).toBe(message)
    expect(vendor.requests).toHaveLength(1)
  })

  it.each([
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT', date: 'Thu, 01 Jan 2026 00:00:00 GMT' }, 60_000],
    [{ 'retry-after': 'later' }, undefined],
    [{}, undefined],
  ])('says when to come back: %j', async (headers, retryAfterMs) => {
    vendor.answer(json({ error: 'slow_down' }, 429, headers))
    expect((await fail()).retryAfterMs).toBe(retryAfterMs)
  })

  it('is an answer of more than 64 kB, and one of 64 kB is none', async () => {
    const padded = (size: number) =>
      JSON.stringify({ access_token: 'a', pad: '' }).replace('""', `"${'x'.repeat(size)}"`)
    vendor.answer(text(padded(64 * 1024 - 29), 'application/json'))
    expect((await bench.exchange(oauthApp(tokenUrl()), connected)).credentials).toEqual({ oauth_access_token: 'a' })
    vendor.answer(text(padded(64 * 1024 - 28), 'application/json'))
    expect(await fail()).toMatchObject({ code: 'upstream_protocol' })
  })

  it('is a connection that is cut', async () => {
    vendor.answer((response) => response.destroy())
    expect(await fail()).toMatchObject({ code: 'upstream_connect', nothingSent: false })
    expect(vendor.requests).toHaveLength(1)
  })

  it('is no refresh token, which ends the grant without a request', async () => {
    const error = await bench
      .exchange(oauthApp(tokenUrl()), { credentials: { oauth_access_token: 'a' } })
      .catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ExchangeRefusal)
    expect(vendor.requests).toHaveLength(0)
  })

  it.each([
    ['a value that the account lacks', { token_params: { pin: '{{custom_fields.tenant}}' } }, { subdomain: 'one' }],
    ['a header that no header can be', { token_headers: { 'x-pin': '{{custom_fields.pin}}' } }, { pin: 'a\r\nb: c' }],
  ])('is %s', async (_, oauth, customFields) => {
    await expect(bench.exchange(oauthApp(tokenUrl(), oauth), { ...connected, customFields })).rejects.toMatchObject({
      code: 'account_config_invalid',
    })
    expect(vendor.requests).toHaveLength(0)
  })

  it.each(['RS256', 'ES256', 'EdDSA'] as const)('is a key that is none for %s', async (algorithm) => {
    const other = keyPair(algorithm === 'EdDSA' ? 'RS256' : 'EdDSA').privateKey.export({ type: 'pkcs8', format: 'pem' })
    for (const client_secret of ['planted-key', other.toString()]) {
      const error = await fail({ client_auth: 'private_key_jwt', algorithm, client_secret })
      expect(error).toMatchObject({ code: 'account_config_invalid' })
      expect(error.message).toContain(algorithm)
      expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toMatch(/planted-key|BEGIN/)
    }
  })

  it('shows nothing of what was sent or answered', async () => {
    const secrets = ['old-refresh', 'old-access', 'client-secret', 'answered-token', 'planted_error', 'one', 'abcd']
    const answers = [
      json({ error: 'old-refresh' }, 400),
      json({ error: 'client-secret' }, 400),
      json({ error: 'planted_error 7', error_description: 'old-refresh' }, 400),
      json({ error: 'one' }, 400),
      json({ error: 'abcdabcd' }, 400),
      json({ refresh_token: 'answered-token' }),
      text('access_token answered-token'),
      text('{"access_token":"answered-token', 'application/json'),
    ]
    for (const answer of answers) {
      vendor.answer(answer)
      const error = await bench
        .exchange(oauthApp(tokenUrl()), { ...connected, customFields: { subdomain: 'one', tenant: 'abcd' } })
        .catch((thrown) => thrown)
      const shown = `${error.message} ${error.stack} ${String(error.cause)} ${JSON.stringify(error)}`
      for (const secret of secrets) expect(shown.includes(secret), `${shown} holds ${secret}`).toBe(false)
    }
  })
})

function keyPair(algorithm: 'RS256' | 'PS256' | 'ES256' | 'EdDSA') {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

function jwt(claims: object): string {
  return ['{}', JSON.stringify(claims), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.')
}

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}
