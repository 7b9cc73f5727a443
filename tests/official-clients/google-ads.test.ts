import { json, rawRequest, startServer, startUpstream } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { versions } from './clients/versions.js'
import { configuration, project, user } from './world/configuration.js'
import { occurrences, privateHeaderNames } from './world/on-the-wire.js'
import { accessToken, callHeaders, refusalOf } from './world/raw-calls.js'
import type { World } from './world/start-world.js'

const account = 'apn_googleads1'
const tokens = { access: 'ya29-access-token-7c1e', developer: 'developer-token-of-operator-2b9d' }
const path = '/v21/customers/1234567890/googleAds:search'
const data = { query: 'SELECT campaign.id, campaign.name FROM campaign' }
const nested = 'https://googleads.m.pipedream.net'
/** As the vendor's documentation encodes it. */
const encoded = 'aHR0cHM6Ly9nb29nbGVhZHMubS5waXBlZHJlYW0ubmV0'

let world: World

beforeAll(async () => {
  const upstream = await startUpstream()
  const base = `http://localhost:${upstream.port}`
  const common = configuration(upstream.port)
  const server = await startServer({
    config: {
      ...common,
      apps: [
        {
          name_slug: 'google_ads',
          name: 'Google Ads',
          auth_type: 'oauth',
          custom_fields: [{ name: 'login_customer_id', optional: true }],
          connect: { base_proxy_target_url: base },
          auth: [{ kind: 'google-ads', developer_token: tokens.developer, base }],
        },
      ],
      accounts: [
        {
          ...{ project, environment: 'development', external_user_id: user, id: account, app: 'google_ads' },
          credentials: { oauth_access_token: tokens.access },
        },
      ],
    },
  }).catch(async (error: unknown) => {
    await upstream.stop()
    throw error
  })
  const stop = async () => {
    await server.stop()
    await upstream.stop()
  }
  upstream.answer(path, json({ results: [{ campaign: { id: '1' } }] }))
  world = { server, upstream, target: (target) => base + target, stop }
  return stop
})

afterEach(() => world.upstream.forget())

function expectRealCall(): void {
  const seen = world.upstream.only()
  expect([seen.method, seen.url]).toEqual(['POST', path])
  expect(JSON.parse(seen.body.toString())).toEqual(data)
  expect(seen.values('content-type')).toEqual(['application/json'])
  expect(seen.values('authorization')).toEqual([`Bearer ${tokens.access}`])
  expect(seen.values('developer-token')).toEqual([tokens.developer])
  for (const token of Object.values(tokens)) expect(occurrences(seen, token)).toBe(1)
  expect(privateHeaderNames(seen)).toEqual([])
}

/** What Python and curl send, whose clients are not here: their encoding of the target, and their body. */
async function raw(segment: string, body: string, headers: Readonly<Record<string, string>> = {}) {
  const query = `external_user_id=${user}&account_id=${account}`
  return rawRequest(`${world.server.url}/v1/connect/${project}/proxy/${segment}?${query}`, {
    method: 'POST',
    headers: { ...callHeaders(await accessToken(world)), 'content-type': 'application/json', ...headers },
    body,
  })
}

describe.each(versions)('Google Ads by the official client $name', (version) => {
  it('takes the nested form', async () => {
    const client = version.connect({ url: world.server.url })
    const answer = await client.proxy.post({
      externalUserId: user,
      accountId: account,
      url: nested,
      body: { method: 'post', url: path, data },
    })
    expect(answer).toEqual({ results: [{ campaign: { id: '1' } }] })
    expectRealCall()
  })

  it('takes the plain form', async () => {
    const client = version.connect({ url: world.server.url })
    await client.proxy.post({
      externalUserId: user,
      accountId: account,
      url: world.target(path),
      headers: { 'login-customer-id': '9876543210' },
      body: data,
    })
    expect(world.upstream.only().values('login-customer-id')).toEqual(['9876543210'])
    expectRealCall()
  })
})

describe('Google Ads in the wire form', () => {
  it('of Python', async () => {
    const body = `{"method": "post", "url": "${path}", "data": {"query": "${data.query}"}}`
    expect((await raw(`${encoded}`, body)).status).toBe(200)
    expectRealCall()
  })

  it('of curl', async () => {
    const body = `{\n      "method": "post",\n      "url": "${path}",\n      "data": {\n        "query": "${data.query}"\n      }\n    }`
    expect((await raw(encoded, body, { 'x-pd-proxy-login-customer-id': '42' })).status).toBe(200)
    expect(world.upstream.only().values('login-customer-id')).toEqual(['42'])
    expectRealCall()
  })

  it('without an account, which is the only one that fits', async () => {
    const answer = await rawRequest(
      `${world.server.url}/v1/connect/${project}/proxy/${encoded}?external_user_id=${user}`,
      {
        method: 'POST',
        headers: { ...callHeaders(await accessToken(world)), 'content-type': 'application/json' },
        body: JSON.stringify({ method: 'post', url: path, data }),
      },
    )
    expect(answer.status).toBe(200)
    expectRealCall()
  })

  it.each([
    [JSON.stringify({ method: 'post', url: 'https://evil.example.com/v21' }), 'invalid_url'],
    [JSON.stringify({ method: 'connect', url: path }), 'invalid_request'],
    ['[]', 'invalid_request'],
  ])('%s is refused', async (body, code) => {
    expect(refusalOf(await raw(encoded, body))).toEqual({ status: 400, code, marked: code })
    expect(world.upstream.requests).toEqual([])
  })
})
