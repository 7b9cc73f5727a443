import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../engine/raw-upstream.js'
import { type Callers, keepAliveCallers, type QuickAnswer } from './callers.js'
import { forger } from './forge.js'
import { project, startTown, type Town } from './town.js'

const publicUrl = 'https://proxy.example'
const seed = randomBytes(32)
const own = forger(seed)
const now = Math.floor(Date.now() / 1000)
const goodHeader = { alg: 'EdDSA', kid: own.kid, typ: 'JWT' }
const goodClaims = {
  iss: publicUrl,
  aud: publicUrl,
  sub: 'town-client',
  project,
  scope: '*',
  jti: 'x',
  iat: now,
  exp: now + 600,
}

let upstream: RawUpstream
let town: Town
let callers: Callers
let seen: number

beforeAll(async () => {
  upstream = await startRawUpstream()
  upstream.script = (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  town = await startTown({
    upstreamPort: upstream.port,
    config: { server: { publicUrl }, tokens: { signingKeys: [seed.toString('base64')] } },
    client: { id: 'town-client', secret: 'town-client-secret' },
  })
  callers = keepAliveCallers(town.server.port)
})

afterAll(async () => {
  callers.close()
  await town.server.stop()
  await upstream.stop()
})

beforeEach(() => {
  seen = upstream.heads.length
})

function asBearer(token: string, path = town.path('header', '/x'), headers: readonly string[] = []) {
  return callers.send({ path, headers: ['Authorization', `Bearer ${token}`, ...headers] })
}

/** 401, or 429 once there were many; never anything that a token opens. */
function expectRefused(answer: QuickAnswer, name: string): void {
  expect([401, 429], name).toContain(answer.status)
  const code = answer.status === 401 ? 'invalid_token' : 'rate_limited'
  expect(JSON.parse(answer.body), name).toMatchObject({ code })
}

async function expectRefusedEverywhere(token: string, name: string): Promise<void> {
  expectRefused(await asBearer(token), name)
  expectRefused(await asBearer(token, `/v1/connect/${project}/accounts`), name)
  expect(upstream.heads.length, name).toBe(seen)
}

describe('a token', () => {
  it('that the server made, or that is made as the server does, is good', async () => {
    const made = await issued()
    for (const token of [made, own.forge(goodHeader, goodClaims)]) {
      expect((await asBearer(token)).status).toBe(200)
      expect((await asBearer(token, `/v1/connect/${project}/accounts`)).status).toBe(200)
    }
  })

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ed = generateKeyPairSync('ed25519')
  const hmac = (secret: string | Buffer) => (input: Buffer) => createHmac('sha256', secret).update(input).digest()
  const by = (key: typeof ed.privateKey, digest: string | null) => (input: Buffer) => sign(digest, input, key)
  const spki = own.publicKey.export({ type: 'spki', format: 'der' })
  const pem = own.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const jwk = ed.publicKey.export({ format: 'jwk' })
  const withHeader = (more: object, signer?: (input: Buffer) => Buffer) =>
    own.forge({ ...goodHeader, ...more }, goodClaims, signer)
  const withClaims = (more: object) => own.forge(goodHeader, { ...goodClaims, ...more })
  const [header = '', claims = '', signature = ''] = own.forge(goodHeader, goodClaims).split('.')

  it.each<[string, string]>([
    ['without a signature', `${header}.${claims}.`],
    ['of two parts', `${header}.${claims}`],
    ['of four parts', `${header}.${claims}.${signature}.${signature}`],
    ['of five parts', `${header}..${claims}.${signature}.${signature}`],
    ['with padding', `${header}.${claims}.${signature}==`],
    ['in JSON', JSON.stringify({ protected: header, payload: claims, signature })],
    ['with a quote in front', `"${header}.${claims}.${signature}"`],
    ['with alg none', withHeader({ alg: 'none' }, () => Buffer.from('x'))],
    ['with alg none and our signature', withHeader({ alg: 'none' })],
    ['with alg nOnE', withHeader({ alg: 'nOnE' })],
    ['with an empty alg', withHeader({ alg: '' })],
    ['with two algs, none first', own.forge(`{"alg":"none","alg":"HS256","kid":"${own.kid}"}`, goodClaims, hmac(pem))],
    ['with a list of algs', withHeader({ alg: ['EdDSA'] })],
    ['with HS256 over the public key as PEM', withHeader({ alg: 'HS256' }, hmac(pem))],
    ['with HS256 over the public key as DER', withHeader({ alg: 'HS256' }, hmac(spki))],
    ['with HS256 over nothing', withHeader({ alg: 'HS256' }, hmac(''))],
    ['with HS256 over the kid', withHeader({ alg: 'HS256' }, hmac(own.kid))],
    ['with RS256', withHeader({ alg: 'RS256' }, by(rsa.privateKey, 'sha256'))],
    ['with ES256', withHeader({ alg: 'ES256' }, by(ec.privateKey, 'sha256'))],
    ['with Ed448 by name', withHeader({ alg: 'Ed448' })],
    ['of another Ed25519 key', withHeader({}, by(ed.privateKey, null))],
    ['of another key that it brings along', withHeader({ jwk }, by(ed.privateKey, null))],
    ['of our key, with a jwk', withHeader({ jwk: own.publicKey.export({ format: 'jwk' }) })],
    ['with jku', withHeader({ jku: `${publicUrl}/keys` })],
    ['with x5u', withHeader({ x5u: `${publicUrl}/cert` })],
    ['with x5c', withHeader({ x5c: [spki.toString('base64')] })],
    ['with x5t', withHeader({ x5t: own.kid })],
    ['with crit', withHeader({ crit: ['exp'] })],
    ['with an empty crit', withHeader({ crit: [] })],
    ['with b64 false', withHeader({ b64: false, crit: ['b64'] })],
    ['with b64 true', withHeader({ b64: true })],
    ['with zip', withHeader({ zip: 'DEF' })],
    ['with enc', withHeader({ enc: 'A256GCM' })],
    ['with cty', withHeader({ cty: 'JWT' })],
    ['with typ at+jwt', withHeader({ typ: 'at+jwt' })],
    ['with no kid', own.forge({ alg: 'EdDSA' }, goodClaims)],
    ['with a kid that leads to a file', withHeader({ kid: '../../../../dev/null' }, hmac(''))],
    ['with a kid that is a query', withHeader({ kid: "x' UNION SELECT 'key" })],
    ['with a kid of the prototype', withHeader({ kid: 'constructor' })],
    ['with __proto__', own.forge(`{"__proto__":{"alg":"EdDSA","kid":"${own.kid}"}}`, goodClaims)],
    ['with a kid that is a list', withHeader({ kid: [own.kid] })],
    ['with a kid and a NUL', withHeader({ kid: `${own.kid}\u0000` })],
    ['of another issuer', withClaims({ iss: 'https://evil.example' })],
    ['of our issuer with a slash', withClaims({ iss: `${publicUrl}/` })],
    ['of a list of issuers', withClaims({ iss: [publicUrl] })],
    ['for another audience', withClaims({ aud: 'https://evil.example' })],
    ['for us among others', withClaims({ aud: [publicUrl, 'https://evil.example'] })],
    ['for the audience of rate windows', withClaims({ aud: 'rate-limit' })],
    ['for nobody', withClaims({ aud: undefined })],
    ['that has ended', withClaims({ iat: now - 600, exp: now - 1 })],
    ['that ended within the skew', withClaims({ exp: now })],
    ['that never ends', withClaims({ exp: undefined })],
    ['that ends at a text', withClaims({ exp: String(now + 600) })],
    ['that ends at infinity', own.forge(goodHeader, JSON.stringify(goodClaims).replace(String(now + 600), '1e999'))],
    ['from the future', withClaims({ iat: now + 120, exp: now + 600 })],
    ['that starts later', withClaims({ nbf: now + 120 })],
    ['of an unknown client', withClaims({ sub: 'nobody' })],
    ['of an empty client', withClaims({ sub: '' })],
    ['of a client in another project', withClaims({ project: 'proj_other' })],
    ['of a client in another environment', withClaims({ environment: 'development' })],
    ['with an unknown scope alone', withClaims({ scope: '' })],
    ['of more than 8 kB', withClaims({ filler: 'x'.repeat(8_192) })],
    ['whose claims are a list', own.forge(goodHeader, [goodClaims])],
    ['whose claims are null', own.forge(goodHeader, 'null')],
    ['whose header is null', own.forge('null', goodClaims)],
  ])('%s is refused', async (name, token) => {
    await expectRefusedEverywhere(token, name)
  })

  it('is refused with any one byte of it changed', async () => {
    const good = own.forge(goodHeader, goodClaims)
    for (let place = 0; place < good.length; place += 7) {
      const other = good[place] === 'A' ? 'B' : 'A'
      expectRefused(await asBearer(good.slice(0, place) + other + good.slice(place + 1)), `byte ${place}`)
    }
    expect(upstream.heads.length).toBe(seen)
    expect((await asBearer(good)).status).toBe(200)
  })

  it('of the public vectors is refused', async () => {
    const file = new URL('../../../corpora/wycheproof/json_web_signature_test.json', import.meta.url)
    const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as { testGroups: { tests: { jws: string }[] }[] }
    const vectors = testGroups.flatMap(({ tests }) => tests.map(({ jws }) => jws))
    expect(vectors.length).toBeGreaterThan(300)
    let sent = 0
    for (const jws of vectors) {
      // What cannot stand in a header is no bearer value at all.
      if (!/^[\x21-\x7e]+$/.test(jws)) continue
      sent += 1
      expectRefused(await asBearer(jws), jws)
    }
    expect(sent).toBeGreaterThan(300)
    expect(upstream.heads.length).toBe(seen)
  })
})

async function issued(scope?: string): Promise<string> {
  const answer = await callers.send({
    method: 'POST',
    path: '/v1/oauth/token',
    headers: ['Content-Type', 'application/json'],
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: 'town-client',
      client_secret: 'town-client-secret',
      scope,
    }),
  })
  return (JSON.parse(answer.body) as { access_token: string }).access_token
}

/** A management call with the static key. */
async function made(path: string, body: object): Promise<string> {
  const headers = ['Authorization', `Bearer ${town.key}`, 'Content-Type', 'application/json']
  const answer = await callers.send({ method: 'POST', path, headers, body: JSON.stringify(body) })
  return (JSON.parse(answer.body) as { token: string }).token
}

describe('a token of one kind', () => {
  let access: string
  let connect: string
  let window: string

  beforeAll(async () => {
    access = await issued()
    connect = await made(`/v1/connect/${project}/tokens`, { external_user_id: 'user-1' })
    window = await made('/v1/connect/rate_limits', { window_size_seconds: 60, requests_per_window: 1_000 })
  })

  it('does its own work', async () => {
    expect((await asBearer(access)).status).toBe(200)
    expect((await asBearer(connect)).status).toBe(200)
    expect((await asBearer(access, town.path('header', '/x'), ['X-Pd-Rate-Limit', window])).status).toBe(200)
  })

  it('is no bearer when it names a rate window', async () => {
    await expectRefusedEverywhere(window, 'rate window')
  })

  it('is no rate window when it is for something else', async () => {
    for (const token of [
      access,
      connect,
      town.key,
      own.forge(goodHeader, { ...goodClaims, requests: 1, windowSeconds: 1 }),
    ]) {
      const answer = await asBearer(access, town.path('header', '/x'), ['X-Pd-Rate-Limit', token])
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { code: 'invalid_request' }])
      expect(answer.body).not.toContain(token)
    }
    expect(upstream.heads.length).toBe(seen)
  })

  it('is no client secret', async () => {
    for (const secret of [access, connect, window, town.key]) {
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'town-client',
        client_secret: secret,
      })
      const headers = ['Content-Type', 'application/x-www-form-urlencoded']
      const answer = await callers.send({ method: 'POST', path: '/v1/oauth/token', headers, body: form.toString() })
      expect([401, 429]).toContain(answer.status)
      expect(answer.body).not.toContain(secret)
    }
  })

  it('is no connect token', async () => {
    for (const token of [access, window, town.key]) {
      const answer = await asBearer(town.key, `/v1/connect/tokens/${token}/validate`)
      expect(JSON.parse(answer.body)).toMatchObject({ success: false })
      const created = await callers.send({
        method: 'POST',
        path: `/v1/connect/${project}/accounts`,
        headers: ['Authorization', `Bearer ${town.key}`, 'Content-Type', 'application/json'],
        body: JSON.stringify({ connect_token: token, app_slug: 'header', cfmap_json: '{"key":"k"}' }),
      })
      expect(created.status).toBe(400)
      expect(created.body).not.toContain(token)
    }
  })

  it('for a browser does not do what only a backend may', async () => {
    for (const [method, path] of [
      ['POST', `/v1/connect/${project}/tokens`],
      ['GET', `/v1/connect/${project}/users`],
      ['DELETE', `/v1/connect/${project}/users/user-1`],
      ['DELETE', `/v1/connect/${project}/apps/header/accounts`],
      ['GET', '/v1/connect/projects'],
      ['GET', `/v1/connect/${project}/oauth_apps`],
      ['POST', '/v1/connect/rate_limits'],
      ['GET', '/v1/connect/usage?start_ts=1&end_ts=2'],
    ] as const) {
      const answer = await callers.send({ method, path, headers: ['Authorization', `Bearer ${connect}`] })
      expect([answer.status, JSON.parse(answer.body)], path).toMatchObject([403, { code: 'insufficient_scope' }])
    }
    const shown = await asBearer(connect, `/v1/connect/${project}/accounts?include_credentials=true`)
    expect(shown.status).toBe(200)
    expect(shown.body).not.toContain('c4n4ry')
  })

  it('does no more than its scopes', async () => {
    const proxyOnly = await issued('connect:proxy')
    expect((await asBearer(proxyOnly)).status).toBe(200)
    expect((await asBearer(proxyOnly, `/v1/connect/${project}/accounts`)).status).toBe(403)
    const readOnly = await issued('connect:accounts:read')
    expect((await asBearer(readOnly, `/v1/connect/${project}/accounts`)).status).toBe(200)
    seen = upstream.heads.length
    expect((await asBearer(readOnly)).status).toBe(403)
    expect(upstream.heads.length).toBe(seen)
  })
})
