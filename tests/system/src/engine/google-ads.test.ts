import { json, startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, type EngineCall, startEngine } from './start-engine.js'

let google: Upstream
let engine: Engine

beforeAll(async () => {
  google = await startUpstream()
  google.answer('/v21/customers/1234567890/googleAds:search', json({ results: [] }))
  const base = `http://127.0.0.1:${google.port}`
  engine = await startEngine({
    apps: [
      {
        name_slug: 'google_ads',
        name: 'Google Ads',
        auth_type: 'oauth',
        custom_fields: [{ name: 'login_customer_id', optional: true }],
        connect: { base_proxy_target_url: base },
        auth: [{ kind: 'google-ads', developer_token: 'operators-token', base }],
      },
      {
        name_slug: 'other',
        name: 'Other',
        auth_type: 'oauth',
        connect: { base_proxy_target_url: base },
        auth: [{ kind: 'bearer' }],
      },
    ],
    accounts: [
      { id: 'apn_1234567', app: 'google_ads', credentials: { oauth_access_token: 'ya29.token' } },
      {
        id: 'apn_manager',
        app: 'google_ads',
        customFields: { login_customer_id: '987-654-3210' },
        credentials: { oauth_access_token: 'ya29.manager' },
      },
      { id: 'apn_other', app: 'other', credentials: { oauth_access_token: 'canary' } },
    ],
    allowPrivate: [`127.0.0.1:${google.port}`],
  })
})

afterAll(async () => {
  await engine.close()
  await google.stop()
})

beforeEach(() => google.forget())

/** The three examples of Pipedream's page on its proxy: what each client makes of them on the wire. */
const examples: readonly [string, readonly string[], string][] = [
  [
    'the TypeScript SDK',
    ['content-type', 'application/json'],
    '{"method":"post","url":"/v21/customers/1234567890/googleAds:search","data":{"query":"SELECT campaign.id, campaign.name FROM campaign"}}',
  ],
  [
    'the Python SDK',
    ['content-type', 'application/json'],
    '{"method": "post", "url": "/v21/customers/1234567890/googleAds:search", "data": {"query": "SELECT campaign.id, campaign.name FROM campaign"}}',
  ],
  [
    'curl',
    ['content-type', 'application/json'],
    `{
      "method": "post",
      "url": "/v21/customers/1234567890/googleAds:search",
      "data": {
        "query": "SELECT campaign.id, campaign.name FROM campaign"
      }
    }`,
  ],
  [
    'curl without a content type',
    ['content-type', 'application/x-www-form-urlencoded'],
    '{"method":"POST","url":"/v21/customers/1234567890/googleAds:search","data":{"query":"SELECT campaign.id, campaign.name FROM campaign"}}',
  ],
]

function nested(body: string, change: Partial<EngineCall> = {}) {
  return engine.call({
    method: 'POST',
    target: 'https://googleads.m.pipedream.net',
    account: 'apn_1234567',
    headers: ['content-type', 'application/json'],
    body,
    ...change,
  })
}

describe('the nested form', () => {
  it.each(examples)('of %s reaches Google as the real call', async (_, headers, body) => {
    const answer = await nested(body, { headers })
    expect([answer.status, String(answer.body)]).toEqual([200, '{"results":[]}'])
    const seen = google.only()
    expect([seen.method, seen.url]).toEqual(['POST', '/v21/customers/1234567890/googleAds:search'])
    expect(JSON.parse(String(seen.body))).toEqual({ query: 'SELECT campaign.id, campaign.name FROM campaign' })
    expect(seen.values('authorization')).toEqual(['Bearer ya29.token'])
    expect(seen.values('developer-token')).toEqual(['operators-token'])
    expect(seen.values('content-type')).toEqual(['application/json'])
    expect(seen.values('login-customer-id')).toEqual([])
  })

  it('takes the login customer of the caller or else of the account', async () => {
    const body = examples[0]?.[2] ?? ''
    await nested(body, { account: 'apn_manager' })
    expect(google.only().values('login-customer-id')).toEqual(['9876543210'])
    google.forget()
    await nested(body, { account: 'apn_manager', headers: ['login-customer-id', '111'] })
    expect(google.only().values('login-customer-id')).toEqual(['111'])
  })

  it('never lets the caller set the tokens', async () => {
    await nested(examples[0]?.[2] ?? '', { headers: ['developer-token', 'theirs', 'authorization', 'Bearer theirs'] })
    expect(google.only().values('developer-token')).toEqual(['operators-token'])
    expect(google.only().values('authorization')).toEqual(['Bearer ya29.token'])
  })

  it.each([
    ['{"method":"post","url":"https://evil.example.com/"}', 400, 'invalid_url'],
    ['{"method":"post","url":"//evil.example.com/"}', 400, 'invalid_url'],
    ['{"method":"purge","url":"/v21"}', 400, 'invalid_request'],
    ['no json', 400, 'invalid_request'],
    [JSON.stringify({ method: 'post', url: '/v21', data: 'x'.repeat(1024 * 1024) }), 413, 'payload_too_large'],
  ])('%.50s is refused and nothing arrives', async (body, status, code) => {
    const answer = await nested(body)
    expect([answer.status, answer.header('x-code')]).toEqual([status, code])
    expect(google.requests).toEqual([])
  })

  it('belongs to Google Ads alone', async () => {
    const answer = await nested(examples[0]?.[2] ?? '', { account: 'apn_other' })
    expect([answer.status, answer.header('x-code')]).toEqual([400, 'domain_not_allowed'])
    expect(google.requests).toEqual([])
  })
})

describe('the plain form', () => {
  it('gets the same headers, and its body streams', async () => {
    const answer = await engine.call({
      method: 'POST',
      target: `http://127.0.0.1:${google.port}/v21/customers/1234567890/googleAds:search`,
      account: 'apn_manager',
      headers: ['content-type', 'application/json'],
      body: '{"query":"SELECT 1"}',
    })
    expect(answer.status).toBe(200)
    const seen = google.only()
    expect(String(seen.body)).toBe('{"query":"SELECT 1"}')
    expect(seen.values('developer-token')).toEqual(['operators-token'])
    expect(seen.values('authorization')).toEqual(['Bearer ya29.manager'])
    expect(seen.values('login-customer-id')).toEqual(['9876543210'])
  })
})
