import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ApiProxy, createProxy, undiciTransport } from '@proxy/core'
import { toFetchHandler } from '@proxy/core/fetch'
import { memoryRateLimiter } from '@proxy/storage-memory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bench, base64url, createBench, secret } from '../testing/bench.js'

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
}

const seen: Seen[] = []
let upstream: Server
let bench: Bench
let proxy: ApiProxy
let ask: (path: string, init?: RequestInit) => Promise<Response>
let backend: Record<string, string>
let account: string

beforeAll(async () => {
  upstream = createServer((request, response) => {
    seen.push({ method: request.method, url: request.url, headers: request.headers })
    response.writeHead(200, {
      'content-type': 'application/json',
      'x-upstream': 'yes',
      'access-control-allow-origin': '*',
    })
    response.end('{"ok":true}')
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const { port } = upstream.address() as AddressInfo
  const local = {
    name_slug: 'local',
    name: 'Local',
    auth_type: 'keys',
    custom_fields: [{ name: 'api_key', type: 'password' }],
    connect: { base_proxy_target_url: `http://127.0.0.1:${port}` },
    auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }],
  } as const
  bench = createBench([local], { isExempt: () => true })
  proxy = createProxy({
    apps: bench.apps,
    storage: bench.storage,
    authenticator: bench.authenticator,
    customLimits: bench.windowTokens,
    rateLimiter: memoryRateLimiter({ clock: bench.clock }),
    transport: undiciTransport({ network: { allowPrivate: [`127.0.0.1:${port}`] } }),
    dialects: [bench.dialect],
    clock: bench.clock,
  })
  const handle = toFetchHandler(proxy)
  ask = (path, init) => handle(new Request(`http://proxy.example${path}`, init))
  const token = await ask('/v1/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grant_type: 'client_credentials', client_id: 'demo', client_secret: secret }),
  })
  const { access_token } = (await token.json()) as { access_token: string }
  backend = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' }
  const made = await ask('/v1/connect/proj_demo/accounts?external_user_id=user-1', {
    method: 'POST',
    headers: backend,
    body: JSON.stringify({ app_slug: 'local', cfmap_json: '{"api_key":"planted-secret"}' }),
  })
  account = ((await made.json()) as { id: string }).id
})

afterAll(async () => {
  await proxy.close()
  await new Promise((resolve) => upstream.close(resolve))
})

const target = base64url('/things?a=1')

describe('with the engine', () => {
  it('a token gets an account, and the account a call upstream', async () => {
    const path = `/v1/connect/proj_demo/proxy/${target}?external_user_id=user-1&account_id=${account}&b=%202`
    const answer = await ask(path, {
      headers: { ...backend, 'x-pd-proxy-hello': 'world', origin: 'https://a.example' },
    })
    expect([answer.status, await answer.text()]).toEqual([200, '{"ok":true}'])
    expect(answer.headers.get('x-proxy-error')).toBeNull()
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    const { method, url, headers } = seen.at(-1) ?? { headers: {} }
    expect([method, url]).toEqual(['GET', '/things?a=1&b=%202'])
    expect(headers).toMatchObject({ 'x-api-key': 'planted-secret', hello: 'world', accept: '*/*' })
    expect(headers).not.toHaveProperty('authorization')
    expect(headers).not.toHaveProperty('content-type')
    expect(headers).not.toHaveProperty('origin')
  })

  it('refusals have one spelling, from the pipeline and from routes', async () => {
    const spelled = '{"error":"record not found","code":"record_not_found"}'
    for (const path of [
      `/v1/connect/proj_demo/proxy/${target}?external_user_id=user-1&account_id=apn_nothing`,
      `/v1/connect/proj_demo/proxy/${target}?external_user_id=user-2&account_id=${account}`,
      `/v1/connect/proj_other/proxy/${target}?external_user_id=user-1&account_id=${account}`,
      '/v1/connect/proj_demo/accounts/apn_nothing',
    ]) {
      const answer = await ask(path, { headers: backend })
      expect([answer.status, await answer.text()]).toEqual([404, spelled])
      expect(answer.headers.get('x-proxy-error')).toBe('record_not_found')
      expect(answer.headers.get('x-request-id')).toBeTruthy()
    }
    const elsewhere = await ask('/somewhere', { headers: backend })
    expect([elsewhere.status, elsewhere.headers.get('x-proxy-error')]).toEqual([404, 'record_not_found'])
  })

  it('a page with a connect token calls for its own user, who need not be named', async () => {
    const made = await ask('/v1/connect/proj_demo/tokens', {
      method: 'POST',
      headers: backend,
      body: JSON.stringify({ external_user_id: 'user-1', allowed_origins: ['https://app.example.com'] }),
    })
    const { token } = (await made.json()) as { token: string }
    const page = { authorization: `Bearer ${token}`, origin: 'https://app.example.com' }
    for (const query of ['', `?account_id=${account}`, '?external_user_id=user-1']) {
      const answer = await ask(`/v1/connect//proxy/${target}${query}`, { headers: page })
      expect([query, answer.status]).toEqual([query, 200])
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    }
    const other = await ask(`/v1/connect//proxy/${target}?external_user_id=user-2`, { headers: page })
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([404, 'https://app.example.com'])
    const evil = await ask(`/v1/connect//proxy/${target}`, { headers: { ...page, origin: 'https://evil.example' } })
    expect([evil.status, evil.headers.get('x-proxy-error')]).toEqual([403, 'insufficient_scope'])
    expect((await ask('/v1/connect/accounts', { headers: { ...page, origin: 'https://evil.example' } })).status).toBe(
      403,
    )
  })

  it('a custom window counts calls that name it', async () => {
    const made = await ask('/v1/connect/rate_limits', {
      method: 'POST',
      headers: backend,
      body: JSON.stringify({ window_size_seconds: 60, requests_per_window: 2 }),
    })
    const { token } = (await made.json()) as { token: string }
    const path = `/v1/connect/proj_demo/proxy/${target}?external_user_id=user-1`
    const call = async (headers: Record<string, string>) =>
      (await ask(path, { headers: { ...backend, ...headers } })).status
    const statuses = []
    for (let index = 0; index < 3; index += 1) statuses.push(await call({ 'x-pd-rate-limit': token }))
    expect(statuses).toEqual([200, 200, 429])
    expect(await call({})).toBe(200)
    expect(await call({ 'x-pd-rate-limit': 'unknown' })).toBe(400)
  })
})
