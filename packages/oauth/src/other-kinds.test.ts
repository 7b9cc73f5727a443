import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { type AppDefinition, ExchangeFailure, ExchangeRefusal, parseTarget, signAwsRequest } from '@proxy/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ExchangeBench, exchangeBench } from '../testing/exchange-bench.js'
import { json, startVendor, type TokenRequest, text, type Vendor } from '../testing/start-vendor.js'

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

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

function app(auth: AppDefinition['auth'][number], fields: readonly string[]): AppDefinition {
  return {
    name_slug: 'acme',
    name: 'Acme',
    auth_type: 'keys',
    custom_fields: fields.map((name) => ({ name, type: 'password' as const })),
    connect: { base_proxy_target_url: 'https://api.acme.com' },
    auth: [auth],
  }
}

describe('client credentials', () => {
  const values = { customFields: { client_id: 'id-1', client_secret: 'secret-1' } }
  const get = (settings: object = {}) =>
    bench.exchange(
      app({ kind: 'client-credentials', token_url: `${vendor.origin}/token`, ...settings }, [
        'client_id',
        'client_secret',
      ]),
      values,
    )

  it("are the account's own, by basic authentication", async () => {
    expect(await get({ scopes: ['a', 'b'], audience: 'https://api.acme.com', lifetime: 10 })).toEqual({
      credentials: { oauth_access_token: 'new-access' },
      expiresAt: bench.clock.now() + 3_600_000,
      scopes: undefined,
    })
    const { headers, form } = vendor.only()
    expect(headers.authorization).toBe(`Basic ${Buffer.from('id-1:secret-1').toString('base64')}`)
    expect(form).toEqual({ grant_type: 'client_credentials', scope: 'a b', audience: 'https://api.acme.com' })
  })

  it('may stand in the body, with another grant type', async () => {
    await get({ client_auth: 'post', parameters: { grant_type: 'account_credentials' }, headers: { 'x-app': '1' } })
    const { headers, form } = vendor.only()
    expect(form).toEqual({ grant_type: 'account_credentials', client_id: 'id-1', client_secret: 'secret-1' })
    expect(headers['x-app']).toBe('1')
  })

  it('may be a signed assertion', async () => {
    const settings = { client_auth: 'private_key_jwt', private_key: '{{custom_fields.client_secret}}', key_id: 'k' }
    await bench.exchange(
      app({ kind: 'client-credentials', token_url: `${vendor.origin}/token`, ...settings }, [
        'client_id',
        'client_secret',
      ]),
      { customFields: { client_id: 'id-1', client_secret: pem.replaceAll('\n', '\\n') } },
    )
    const { head, claims } = readJwt(vendor.only().form.client_assertion)
    expect(head).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k' })
    expect(claims).toMatchObject({ iss: 'id-1', sub: 'id-1', aud: `${vendor.origin}/token` })
  })

  it('that are not known any more end the account; what may pass does not', async () => {
    vendor.answer(json({ error: 'invalid_client' }, 401))
    await expect(get()).rejects.toBeInstanceOf(ExchangeRefusal)
    vendor.answer(json({ error: 'temporarily_unavailable' }, 503))
    await expect(get()).rejects.toBeInstanceOf(ExchangeFailure)
  })
})

describe('a signed assertion', () => {
  const key = { kind: 'jwt-bearer', private_key: '{{custom_fields.key}}' }

  it("is made of Google's key file", async () => {
    const file = { client_email: 'bot@acme.iam.gserviceaccount.com', private_key: pem, private_key_id: 'key-1' }
    const google = {
      kind: 'jwt-bearer',
      token_url: `${vendor.origin}/token`,
      service_account: '{{custom_fields.file}}',
      scope: 'https://www.googleapis.com/auth/drive',
      subject: 'user@acme.com',
    }
    const token_uri = 'https://evil.example/token'
    const customFields = { file: JSON.stringify({ ...file, token_uri }) }
    const tokens = await bench.exchange(app(google, ['file']), { customFields })
    expect(tokens).toMatchObject({
      credentials: { oauth_access_token: 'new-access' },
      expiresAt: bench.clock.now() + 3_600_000,
    })
    const { form } = vendor.only()
    expect(form.grant_type).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const { head, claims } = readJwt(form.assertion)
    expect(head).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' })
    const now = bench.clock.now() / 1000
    expect(claims).toEqual({
      iss: file.client_email,
      sub: 'user@acme.com',
      aud: `${vendor.origin}/token`,
      scope: google.scope,
      iat: now,
      exp: now + 3600,
    })
    for (const file of ['planted-secret', '{"client_email":"planted-secret"}', 'null']) {
      const error = await bench.exchange(app(google, ['file']), { customFields: { file } }).catch((thrown) => thrown)
      expect(error).toMatchObject({ code: 'account_config_invalid', details: { account_id: 'apn_sample1' } })
      expect(`${error.message}${error.stack}`).not.toContain('planted-secret')
    }
  })

  it('is the bearer token of a GitHub App that asks for an installation token', async () => {
    const github = {
      ...key,
      token_url: `${vendor.origin}/app/installations/7/access_tokens`,
      present: 'bearer',
      issuer: '{{custom_fields.app}}',
      token: '/token',
      expires_at: '/expires_at',
      assertion_lifetime: 600,
      backdate: 60,
      json: { repositories: ['one'] },
      headers: { 'x-github-api-version': '2022-11-28' },
    }
    vendor.answer(json({ token: 'ghs_1', expires_at: '2026-01-01T01:00:00Z' }, 201))
    const get = () => bench.exchange(app(github, ['key', 'app']), { customFields: { key: pem, app: '12345' } })
    expect(await get()).toMatchObject({
      credentials: { oauth_access_token: 'ghs_1' },
      expiresAt: Date.UTC(2026, 0, 1, 1),
    })
    const { headers, body, url } = vendor.only()
    expect([url, JSON.parse(body)]).toEqual(['/app/installations/7/access_tokens', { repositories: ['one'] }])
    expect(headers).toMatchObject({ 'x-github-api-version': '2022-11-28', 'content-type': 'application/json' })
    const [scheme, token] = headers.authorization?.split(' ') ?? []
    expect(scheme).toBe('Bearer')
    const now = bench.clock.now() / 1000
    expect(readJwt(token).claims).toEqual({ iss: '12345', iat: now - 60, exp: now + 540 })
    vendor.answer(json({ message: 'Not Found' }, 404))
    await expect(get()).rejects.toBeInstanceOf(ExchangeRefusal)
    vendor.answer(json({}, 500))
    await expect(get()).rejects.toBeInstanceOf(ExchangeFailure)
  })

  it('may be the token itself, which ends when it says', async () => {
    const settings = {
      ...key,
      present: 'itself',
      issuer: 'me',
      audience: 'appstoreconnect-v1',
      assertion_lifetime: 1_200,
    }
    const tokens = await bench.exchange(app(settings, ['key']), { customFields: { key: pem } })
    const now = bench.clock.now()
    expect(tokens.expiresAt).toBe(now + 1_200_000)
    expect(readJwt(tokens.credentials.oauth_access_token).claims).toEqual({
      iss: 'me',
      aud: 'appstoreconnect-v1',
      iat: now / 1000,
      exp: now / 1000 + 1_200,
    })
    expect(vendor.requests).toHaveLength(0)
  })

  it('that the vendor refuses ends the account', async () => {
    vendor.answer(json({ error: 'invalid_grant' }, 400))
    const settings = { ...key, token_url: `${vendor.origin}/token`, issuer: 'me' }
    await expect(bench.exchange(app(settings, ['key']), { customFields: { key: pem } })).rejects.toBeInstanceOf(
      ExchangeRefusal,
    )
  })
})

describe('a login', () => {
  const values = { customFields: { user: 'me', password: 'p&w' } }
  const get = (settings: object) => bench.exchange(app({ kind: 'session', ...settings }, ['user', 'password']), values)

  it('by JSON gives the token at its place, and others', async () => {
    vendor.answer(json({ data: { sid: 'session-1' }, ttl: 120, user: 7 }))
    const login = {
      url: `${vendor.origin}/login`,
      json: { name: '{{custom_fields.user}}', word: '{{custom_fields.password}}' },
    }
    const tokens = await get({ login, token: '/data/sid', expires_in: '/ttl', also: { user_id: '/user' } })
    expect(tokens).toEqual({
      credentials: { oauth_access_token: 'session-1', user_id: '7' },
      expiresAt: bench.clock.now() + 120_000,
      scopes: undefined,
    })
    expect(JSON.parse(vendor.only().body)).toEqual({ name: 'me', word: 'p&w' })
  })

  it('by a form may answer with a cookie and a redirect', async () => {
    vendor.answer(
      text('', 'text/plain', 302, { 'set-cookie': ['a=1', 'SID=s-2; Path=/; HttpOnly'], location: '/home' }),
    )
    const form = { user: '{{custom_fields.user}}', password: '{{custom_fields.password}}' }
    const tokens = await get({
      login: { url: `${vendor.origin}/login?v=1`, form, query: { q: 'a b' } },
      token: { cookie: 'SID' },
    })
    expect(tokens.credentials).toEqual({ oauth_access_token: 's-2' })
    expect(vendor.only()).toMatchObject({
      method: 'POST',
      url: '/login?v=1&q=a+b',
      form: { user: 'me', password: 'p&w' },
    })
  })

  it('by text may answer with a header', async () => {
    vendor.answer(text('', 'text/plain', 200, { 'x-session': 's-3' }))
    const login = {
      url: `${vendor.origin}/login`,
      method: 'PUT',
      text: '<login user="{{custom_fields.user}}"/>',
      headers: { 'content-type': 'text/xml' },
    }
    expect((await get({ login, token: { header: 'X-Session' }, lifetime: 60 })).credentials.oauth_access_token).toBe(
      's-3',
    )
    expect(vendor.only()).toMatchObject({
      method: 'PUT',
      body: '<login user="me"/>',
      headers: { 'content-type': 'text/xml' },
    })
  })

  it('that is wrong ends the account; what may pass does not', async () => {
    const login = { url: `${vendor.origin}/login`, json: {} }
    vendor.answer(json({}, 403))
    await expect(get({ login, token: '/t' })).rejects.toBeInstanceOf(ExchangeRefusal)
    for (const status of [200, 302, 429, 500]) {
      vendor.answer(json({}, status))
      await expect(get({ login, token: '/t' })).rejects.toBeInstanceOf(ExchangeFailure)
    }
  })
})

describe('a role', () => {
  const settings = (url: string) => ({
    kind: 'aws-sigv4',
    service: 's3',
    region: 'eu-west-1',
    access_key_id: '{{custom_fields.id}}',
    secret_access_key: '{{custom_fields.secret}}',
    role_arn: 'arn:aws:iam::1:role/reader',
    external_id: 'ext-1',
    sts_url: url,
  })
  const values = { customFields: { id: 'AKIDEXAMPLE', secret: 'aws-secret' } }
  const get = () => bench.exchange(app(settings(`${vendor.origin}/`), ['id', 'secret']), values)
  const Credentials = { AccessKeyId: 'ASIA1', SecretAccessKey: 'role-secret', SessionToken: 'role-token' }

  it.each([
    [
      'JSON',
      json({
        AssumeRoleResponse: {
          AssumeRoleResult: { Credentials: { ...Credentials, Expiration: Date.UTC(2026, 0, 1, 1) / 1000 } },
        },
      }),
    ],
    [
      'XML',
      text(
        `<AssumeRoleResponse><AssumeRoleResult><Credentials>${Object.entries(Credentials)
          .map(([name, value]) => `<${name}>${value}</${name}>`)
          .join(
            '',
          )}<Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
        'text/xml',
      ),
    ],
  ])('is assumed by a signed call to STS, which answers %s', async (_, answer) => {
    vendor.answer(answer)
    expect(await get()).toEqual({
      credentials: {
        aws_access_key_id: 'ASIA1',
        aws_secret_access_key: 'role-secret',
        aws_session_token: 'role-token',
      },
      expiresAt: Date.UTC(2026, 0, 1, 1),
      scopes: undefined,
    })
    const request = vendor.only()
    expect(request.form).toMatchObject({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: 'arn:aws:iam::1:role/reader',
      ExternalId: 'ext-1',
      DurationSeconds: '3600',
    })
    expect(request.headers.authorization).toBe(signatureOf(request))
    expect(request.headers.authorization).toMatch(/Credential=AKIDEXAMPLE\/20260101\/eu-west-1\/sts\/aws4_request/)
  })

  it('that may not be assumed ends the account; an incomplete answer does not', async () => {
    vendor.answer(json({ Error: { Code: 'AccessDenied' } }, 403))
    await expect(get()).rejects.toBeInstanceOf(ExchangeRefusal)
    vendor.answer(json({ Error: { Code: 'Throttling' } }, 400))
    await expect(get()).rejects.toBeInstanceOf(ExchangeFailure)
    vendor.answer(json({ AssumeRoleResponse: {} }))
    await expect(get()).rejects.toBeInstanceOf(ExchangeFailure)
  })

  /** What the request as it arrived is signed with. */
  function signatureOf({ headers, body, method, url }: TokenRequest): string | undefined {
    const signed = ['accept', 'content-type'].flatMap((name) => [name, String(headers[name])])
    const set = signAwsRequest(
      { method, target: parseTarget(`${vendor.origin}${url}`), headers: signed, payload: Buffer.from(body) },
      { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'aws-secret', sessionToken: undefined },
      { region: 'eu-west-1', service: 'sts' },
      bench.clock.now(),
    )
    return set[set.indexOf('authorization') + 1]
  }
})

/** A JWT that the test's key has signed. */
function readJwt(token = ''): { readonly head: unknown; readonly claims: unknown } {
  const [head = '', claims = '', signature = ''] = token.split('.')
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
    Buffer.from(signature, 'base64url'),
  )
  if (!isSigned) throw new Error('The signature is wrong.')
  return { head: decode(head), claims: decode(claims) }
}

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}
