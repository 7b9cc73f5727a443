import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { manualClock } from '@proxy/conformance'
import {
  type Account,
  type AppDefinition,
  type AuthorizationRequest,
  Cancellation,
  compileApp,
  createKeyRing,
  createSealer,
  oauthClientDocumentId,
  oauthClientKind,
  oauthClientSealContext,
  Secret,
  undiciTransport,
} from '@proxy/core'
import { memoryStorage } from '@proxy/storage-memory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { oauthAuthorization } from './index.js'

const codeVerifier = 'v'.repeat(43)
const redirectUri = 'https://proxy.example/connect/oauth/app_shop1/callback'
const clock = manualClock()

/** What the token endpoint got, and what it answers. */
let asked: URLSearchParams[] = []
let answer: { status: number; body: object } = { status: 200, body: {} }
let origin = ''

const server = createServer((request, response) => {
  request.toArray().then((chunks) => {
    asked.push(new URLSearchParams(Buffer.concat(chunks).toString()))
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer.body))
  })
})

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return () => {
    server.closeAllConnections()
    server.close()
  }
})

function bench(oauth: AppDefinition['oauth'] = {}, account: Partial<Account> = {}) {
  asked = []
  const host = new URL(origin).host
  const transport = undiciTransport({ network: { allowPrivate: [host] }, clock })
  afterAll(() => transport.close())
  const storage = memoryStorage({ clock })
  const sealer = createSealer(createKeyRing([Buffer.alloc(32, 3).toString('base64')]))
  const app = compileApp(
    {
      name_slug: 'shop',
      name: 'Shop',
      auth_type: 'oauth',
      custom_fields: [{ name: 'shop', format: 'host-label' }],
      connect: { base_proxy_target_url: 'https://api.shop.example' },
      auth: [{ kind: 'bearer' }],
      oauth: {
        authorize_url: 'https://{{custom_fields.shop}}.shop.example/authorize?v=2',
        token_url: `${origin}/token`,
        client_id: 'client-1',
        client_secret: 'secret-1',
        ...oauth,
      },
    },
    { isExempt: () => true },
  )
  const request: AuthorizationRequest = { account: { ...draft, ...account }, app, redirectUri, codeVerifier }
  return { authorization: oauthAuthorization({ transport, storage, sealer, clock }), request, storage, sealer }
}

const draft: Account = {
  id: '',
  version: 0,
  project: 'proj_1',
  environment: 'development',
  externalUserId: 'user-1',
  app: 'shop',
  externalId: '',
  name: undefined,
  values: new Secret({ customFields: { shop: 'north' }, credentials: {} }),
  oauthAppId: undefined,
  authorizedScopes: [],
  metadata: {},
  createdAt: 0,
  updatedAt: 0,
  expiresAt: undefined,
  lastRefreshedAt: undefined,
  dead: false,
  error: undefined,
}

describe('the address of an authorization request', () => {
  it('names client, redirect, state, scopes and challenge, over the fields of the account', async () => {
    const { authorization, request } = bench({ authorize_params: { prompt: 'consent' } })
    const url = new URL(await authorization.authorizeUrl(request, 'state-1', ['read', 'a+b']))
    expect(url.origin + url.pathname).toBe('https://north.shop.example/authorize')
    expect(url.search).toContain('scope=read%20a%2Bb')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      v: '2',
      response_type: 'code',
      client_id: 'client-1',
      scope: 'read a+b',
      prompt: 'consent',
      redirect_uri: redirectUri,
      state: 'state-1',
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
  })

  it('leaves the challenge out for vendors that refuse it, and an empty scope', async () => {
    const { authorization, request } = bench({ pkce: false })
    const { searchParams } = new URL(await authorization.authorizeUrl(request, 'state-1', []))
    expect([...searchParams.keys()]).toEqual(['v', 'response_type', 'client_id', 'redirect_uri', 'state'])
  })

  it('joins scopes and names the client as the vendor wants it', async () => {
    const { authorization, request } = bench({
      scope_separator: ',',
      authorize_params: { client_key: '{{credentials.client_id}}' },
    })
    const { searchParams } = new URL(await authorization.authorizeUrl(request, 's', ['a', 'b']))
    expect([searchParams.get('scope'), searchParams.get('client_key')]).toEqual(['a,b', 'client-1'])
  })

  it('is refused for an app without a client, and for a field that cannot stand in a host', async () => {
    const lacking = bench({}, { oauthAppId: 'oa_gone' })
    await expect(lacking.authorization.authorizeUrl(lacking.request, 's', [])).rejects.toMatchObject({
      code: 'account_config_invalid',
      message: 'The account cannot be connected: its OAuth client oa_gone does not exist.',
    })
    const evil = bench({}, { values: values({ shop: 'evil.example/' }) })
    await expect(evil.authorization.authorizeUrl(evil.request, 's', [])).rejects.toMatchObject({
      code: 'account_config_invalid',
      details: { field: 'custom_fields.shop' },
    })
  })
})

describe('a code', () => {
  it('is exchanged with verifier, redirect and client', async () => {
    answer = { status: 200, body: { access_token: 'at', refresh_token: 'rt', expires_in: 60, scope: 'read write' } }
    const { authorization, request } = bench()
    expect(await authorization.exchangeCode(request, 'code-1', new Cancellation())).toEqual({
      credentials: { oauth_access_token: 'at', oauth_refresh_token: 'rt' },
      expiresAt: clock.now() + 60_000,
      scopes: ['read', 'write'],
    })
    expect(asked.map((form) => Object.fromEntries(form))).toEqual([
      {
        grant_type: 'authorization_code',
        code: 'code-1',
        redirect_uri: redirectUri,
        code_verifier: codeVerifier,
        client_id: 'client-1',
        client_secret: 'secret-1',
      },
    ])
  })

  it('is exchanged by the client that the project brought along, without a verifier where the vendor wants none', async () => {
    answer = { status: 200, body: { access_token: 'at' } }
    const { authorization, request, storage, sealer } = bench({ pkce: false }, { oauthAppId: 'oa_1' })
    const client_secret = sealer.seal('own-secret', oauthClientSealContext('proj_1', 'oa_1'))
    const value = { app: 'shop', client_id: 'own-client', client_secret }
    await storage.writeDocument({ kind: oauthClientKind, id: oauthClientDocumentId('proj_1', 'oa_1'), value }, 0)
    await authorization.exchangeCode(request, 'code-1', new Cancellation())
    expect(asked[0]?.get('client_id')).toBe('own-client')
    expect(asked[0]?.get('client_secret')).toBe('own-secret')
    expect(asked[0]?.has('code_verifier')).toBe(false)
  })

  it('that the vendor refuses is a refusal, and a vendor that fails is none', async () => {
    const { authorization, request } = bench()
    answer = { status: 400, body: { error: 'invalid_grant' } }
    await expect(authorization.exchangeCode(request, 'code-1', new Cancellation())).rejects.toMatchObject({
      name: 'ExchangeRefusal',
      message: 'the vendor answered 400 invalid_grant',
    })
    answer = { status: 500, body: {} }
    await expect(authorization.exchangeCode(request, 'code-1', new Cancellation())).rejects.toMatchObject({
      name: 'ExchangeFailure',
    })
  })
})

function values(customFields: Record<string, string>) {
  return new Secret({ customFields, credentials: {} })
}
