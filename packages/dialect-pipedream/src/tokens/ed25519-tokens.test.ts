import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { manualClock } from '@proxy/conformance'
import { ProxyError } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { ed25519Tokens } from './ed25519-tokens.js'
import { type OAuthClient, secretDigest } from './oauth-client.js'
import { signingKeys } from './signing-keys.js'

const seed = Buffer.alloc(32, 1).toString('base64')
const otherSeed = Buffer.alloc(32, 2).toString('base64')
const issuer = 'https://proxy.example'
const audience = 'https://proxy.example'
const clock = manualClock()
const demo: OAuthClient = { id: 'demo', secretDigests: [secretDigest('x')], project: 'proj_demo', scopes: ['*'] }
const clients = new Map([[demo.id, demo]])
const directory = { find: (id: string) => clients.get(id) }
const tokens = ed25519Tokens({ signingKeys: [seed], issuer, audience, lifetimeSeconds: 600, clients: directory, clock })
const key = signingKeys([seed]).first
const now = Math.floor(clock.now() / 1000)
const goodHeader = { alg: 'EdDSA', kid: key.kid, typ: 'JWT' }
const goodClaims = {
  iss: issuer,
  aud: audience,
  sub: 'demo',
  project: 'proj_demo',
  scope: '*',
  jti: 'one',
  iat: now,
  exp: now + 600,
}

/** Signs whatever it is given, with our own key unless another way is given. */
function forge(header: object, claims: object, signer = (input: Buffer) => sign(null, input, key.privateKey)): string {
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${signer(Buffer.from(input)).toString('base64url')}`
}

function outcome(token: string): Promise<string> {
  return tokens.verify(token).then(
    (verified) => (verified === undefined ? 'not of this kind' : verified.caller.client),
    (error: unknown) => (error instanceof ProxyError ? error.code : String(error)),
  )
}

describe('a token', () => {
  it('proves its client, project and scopes', async () => {
    const { token, lifetimeSeconds, createdAt } = await tokens.issue(demo, ['connect:proxy', 'connect:accounts:read'])
    expect({ lifetimeSeconds, createdAt }).toEqual({ lifetimeSeconds: 600, createdAt: now })
    expect(token.length).toBeLessThan(1000)
    const verified = await tokens.verify(token)
    expect(verified?.caller).toEqual({
      client: 'demo',
      kind: 'client',
      project: 'proj_demo',
      environment: undefined,
      externalUserId: undefined,
      allowedOrigins: undefined,
      scopes: ['connect:proxy', 'connect:accounts:read'],
    })
    expect(verified?.expiresAt).toBe((now + 600) * 1000)
    expect(verified?.tokenId).toMatch(/^[\w-]{22}$/)
  })

  it('differs from the one issued in the same second', async () => {
    const [one, other] = [await tokens.issue(demo, ['*']), await tokens.issue(demo, ['*'])]
    expect(one.token).not.toBe(other.token)
  })

  it('outlives a restart, and a change of the signing key while the old one stays in the list', async () => {
    const { token } = await tokens.issue(demo, ['*'])
    const options = { issuer, audience, clients: directory, clock }
    expect((await ed25519Tokens({ ...options, signingKeys: [otherSeed, seed] }).verify(token))?.caller.client).toBe(
      'demo',
    )
    await expect(ed25519Tokens({ ...options, signingKeys: [otherSeed] }).verify(token)).rejects.toThrow('unknown')
  })

  it('is void with its client, its project or one of its scopes', async () => {
    const { token } = await tokens.issue(demo, ['connect:proxy'])
    const change = async (client: OAuthClient | undefined) => {
      if (client === undefined) clients.delete('demo')
      else clients.set('demo', client)
      const result = await outcome(token)
      clients.set('demo', demo)
      return result
    }
    expect(await change(undefined)).toBe('invalid_token')
    expect(await change({ ...demo, project: 'proj_other' })).toBe('invalid_token')
    expect(await change({ ...demo, environment: 'production' })).toBe('invalid_token')
    expect(await change({ ...demo, scopes: ['connect:accounts:read'] })).toBe('invalid_token')
    expect(await change({ ...demo, scopes: ['connect:*'] })).toBe('demo')
    expect(await change(demo)).toBe('demo')
  })

  it('ends when it says', async () => {
    const { token } = await tokens.issue(demo, ['*'])
    clock.advance(599_999)
    expect(await outcome(token)).toBe('demo')
    clock.advance(1)
    expect(await outcome(token)).toBe('invalid_token')
    clock.advance(-600_000)
  })
})

describe('what is not ours', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ed = generateKeyPairSync('ed25519')
  const publicPem = key.publicKey.export({ type: 'spki', format: 'pem' })
  const hmac = (secret: string | Buffer) => (input: Buffer) => createHmac('sha256', secret).update(input).digest()

  it('passes when nothing is wrong with it', async () => {
    expect(await outcome(forge(goodHeader, goodClaims))).toBe('demo')
    expect(await outcome(forge({ alg: 'EdDSA', kid: key.kid }, goodClaims))).toBe('demo')
  })

  it.each<[string, string]>([
    ['alg none', forge({ ...goodHeader, alg: 'none' }, goodClaims, () => Buffer.from('x'))],
    ['alg NONE', forge({ ...goodHeader, alg: 'NONE' }, goodClaims)],
    [
      'HS256 with the public key as PEM',
      forge({ ...goodHeader, alg: 'HS256' }, goodClaims, hmac(publicPem.toString())),
    ],
    ['HS256 with the seed', forge({ ...goodHeader, alg: 'HS256' }, goodClaims, hmac(Buffer.alloc(32, 1)))],
    ['RS256', forge({ ...goodHeader, alg: 'RS256' }, goodClaims, (input) => sign('sha256', input, rsa.privateKey))],
    ['the name Ed25519', forge({ ...goodHeader, alg: 'Ed25519' }, goodClaims)],
    ['another Ed25519 key under our kid', forge(goodHeader, goodClaims, (input) => sign(null, input, ed.privateKey))],
    ['a key in the header', forge({ ...goodHeader, jwk: ed.publicKey.export({ format: 'jwk' }) }, goodClaims)],
    ['jku', forge({ ...goodHeader, jku: 'https://evil.example/keys' }, goodClaims)],
    ['x5u', forge({ ...goodHeader, x5u: 'https://evil.example/cert' }, goodClaims)],
    ['x5c', forge({ ...goodHeader, x5c: ['MII'] }, goodClaims)],
    ['crit', forge({ ...goodHeader, crit: ['exp'] }, goodClaims)],
    ['empty crit', forge({ ...goodHeader, crit: [] }, goodClaims)],
    ['b64 false', forge({ ...goodHeader, b64: false }, goodClaims)],
    ['b64 true', forge({ ...goodHeader, b64: true }, goodClaims)],
    ['zip', forge({ ...goodHeader, zip: 'DEF' }, goodClaims)],
    ['another type', forge({ ...goodHeader, typ: 'dpop+jwt' }, goodClaims)],
    ['no kid', forge({ alg: 'EdDSA', typ: 'JWT' }, goodClaims)],
    ['an unknown kid', forge({ ...goodHeader, kid: 'other' }, goodClaims)],
    ['a kid that is no text', forge({ ...goodHeader, kid: 1 }, goodClaims)],
    ['a kid of the prototype', forge({ ...goodHeader, kid: '__proto__' }, goodClaims)],
    ['a header that is a list', forge([], goodClaims)],
    ['another issuer', forge(goodHeader, { ...goodClaims, iss: 'https://evil.example' })],
    ['no issuer', forge(goodHeader, { ...goodClaims, iss: undefined })],
    ['another audience', forge(goodHeader, { ...goodClaims, aud: 'rate-limit' })],
    ['two audiences', forge(goodHeader, { ...goodClaims, aud: [audience, 'other'] })],
    ['no audience', forge(goodHeader, { ...goodClaims, aud: undefined })],
    ['no end', forge(goodHeader, { ...goodClaims, exp: undefined })],
    ['an end that is a text', forge(goodHeader, { ...goodClaims, exp: `${now + 600}` })],
    ['an end that has come', forge(goodHeader, { ...goodClaims, exp: now })],
    ['a beginning far ahead', forge(goodHeader, { ...goodClaims, iat: now + 61 })],
    ['a start that is far ahead', forge(goodHeader, { ...goodClaims, nbf: now + 61 })],
    ['no beginning', forge(goodHeader, { ...goodClaims, iat: undefined })],
    ['no id', forge(goodHeader, { ...goodClaims, jti: undefined })],
    ['no subject', forge(goodHeader, { ...goodClaims, sub: undefined })],
    ['an unknown subject', forge(goodHeader, { ...goodClaims, sub: 'nobody' })],
    ['another project', forge(goodHeader, { ...goodClaims, project: 'proj_other' })],
    ['no project', forge(goodHeader, { ...goodClaims, project: undefined })],
    ['no scope', forge(goodHeader, { ...goodClaims, scope: undefined })],
    ['an empty scope', forge(goodHeader, { ...goodClaims, scope: '' })],
    ['more than 8 kB', forge(goodHeader, { ...goodClaims, filler: 'x'.repeat(8192) })],
  ])('is refused: %s', async (_, token) => {
    expect(await outcome(token)).toBe('invalid_token')
  })

  it('allows for a clock that is up to a minute ahead', async () => {
    expect(await outcome(forge(goodHeader, { ...goodClaims, iat: now + 60 }))).toBe('demo')
    expect(await outcome(forge(goodHeader, { ...goodClaims, nbf: now + 60 }))).toBe('demo')
  })

  it('is refused when a part was changed, spelled otherwise, or left out', async () => {
    const token = forge(goodHeader, goodClaims)
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const evil = Buffer.from(JSON.stringify({ ...goodClaims, sub: 'evil' })).toString('base64url')
    expect(await outcome(`${header}.${evil}.${signature}`)).toBe('invalid_token')
    // The last character of 64 bytes has four spare bits: any of them set is a second spelling.
    const last = signature.at(-1) ?? ''
    const spare = String.fromCharCode(last.charCodeAt(0) + 1)
    expect(await outcome(`${header}.${payload}.${signature.slice(0, -1)}${spare}`)).toBe('invalid_token')
    for (const bad of [
      `${token}=`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${token}.x`,
      `.${payload}.`,
      'abc',
    ]) {
      expect(await outcome(bad)).toBe('not of this kind')
    }
    expect(await outcome(token)).toBe('demo')
  })
})

describe('signing keys', () => {
  it('are 32 bytes in base64, and errors show none of them', () => {
    expect(signingKeys([seed, otherSeed]).first.kid).toHaveLength(43)
    const short = Buffer.alloc(31, 3).toString('base64')
    expect(() => signingKeys([seed, short])).toThrow('Signing key 2 must be 32 bytes')
    expect(() => signingKeys([seed, short])).not.toThrow(short)
    expect(() => signingKeys([])).toThrow('At least one')
  })

  it('are named by the thumbprint of RFC 7638', () => {
    // RFC 8037, appendix A.1 and A.3
    const seed8037 = Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url').toString('base64')
    expect(signingKeys([seed8037]).first.kid).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  })
})
