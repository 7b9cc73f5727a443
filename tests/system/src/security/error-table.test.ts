import {
  type RawAnswer,
  type RunningServer,
  rawRequest,
  startServer,
  startUpstream,
  type Upstream,
} from '@proxy/test-support'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../engine/raw-upstream.js'

const project = 'proj_1'
const user = 'user-1'
const key = 'a-static-key-for-the-table'
const client = { id: 'client-1', secret: 'secret-of-the-client-1' }
const secret = 'canary-0123456789'

let upstream: RawUpstream
/** Answers nothing at all; in two places, since one of them is overrun. */
let silent: RawUpstream
let busy: RawUpstream
/** Speaks HTTP where TLS is expected. */
let http: Upstream
let server: RunningServer

beforeAll(async () => {
  upstream = await startRawUpstream()
  upstream.script = (socket, head) => socket.end(answerTo(head))
  silent = await startRawUpstream()
  busy = await startRawUpstream()
  http = await startUpstream()
  server = await startServer({ config: config(`127.0.0.1:${upstream.port}`) })
})

afterAll(async () => {
  await server.stop()
  await Promise.all([upstream, silent, busy, http].map((one) => one.stop()))
})

/** What the upstream says to each path. */
function answerTo(head: string): string {
  const path = head.split(' ')[1] ?? ''
  if (path.startsWith('/garbage')) return 'HTTP/1.1 2oo OK\r\n\r\n'
  if (path.startsWith('/away'))
    return 'HTTP/1.1 302 Found\r\nlocation: javascript:alert(1)\r\ncontent-length: 0\r\n\r\n'
  if (path === '/token') return grant(400, { error: 'invalid_grant' })
  if (path === '/broken-token') return grant(500, { error: 'server_error' })
  return 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\nx-proxy-error: of-the-upstream\r\n\r\nok'
}

function grant(status: number, value: object): string {
  const body = JSON.stringify(value)
  return `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

function config(origin: string): Record<string, unknown> {
  const closed = '127.0.0.1:1'
  const local = (one: { readonly port: number }) => `127.0.0.1:${one.port}`
  const keys = { auth_type: 'keys', custom_fields: [{ name: 'key', type: 'password' }] }
  const auth = [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.key}}' }]
  const app = (name_slug: string, connect: object, more: object = {}) => {
    return { name_slug, name: name_slug, ...keys, auth, connect, ...more }
  }
  const renewed = (name_slug: string, path: string) => ({
    ...{ name_slug, name: name_slug, auth_type: 'oauth', auth: [{ kind: 'bearer' }] },
    connect: { base_proxy_target_url: `http://${origin}` },
    oauth: { token_url: `http://${origin}${path}`, client_id: 'c', client_secret: 's' },
  })
  const account = (id: string, app: string, more: object) => {
    return { project, environment: 'production', id, external_user_id: user, app, ...more }
  }
  const fields = { custom_fields: { key: secret } }
  const ended = {
    credentials: {
      oauth_access_token: 'access-1',
      oauth_refresh_token: 'refresh-1',
      expires_at: '2026-01-01T00:00:00Z',
    },
  }
  return {
    network: {
      allowPrivate: [origin, closed, ...[silent, busy, http].map(local)],
      hosts: { 'private.example.com': '10.0.0.1' },
      dnsServers: ['127.0.0.1:1'],
    },
    limits: { project: 'none', headTimeout: '1s', maxRequestBody: '1KiB', connectionsPerOrigin: 2 },
    projects: [{ id: project, secretKeys: [{ key }], clients: [client] }],
    apps: [
      app('plain', { base_proxy_target_url: `http://${origin}`, allowed_domains: [origin] }),
      app('closed', { base_proxy_target_url: `http://${closed}` }),
      app('silent', { base_proxy_target_url: `http://${local(silent)}` }),
      app('busy', { base_proxy_target_url: `http://${local(busy)}` }),
      app('secure', { base_proxy_target_url: `https://${local(http)}` }),
      app('private', { base_proxy_target_url: 'https://private.example.com' }),
      app('unknown', { base_proxy_target_url: 'https://nowhere.example.com' }),
      app(
        'tenant',
        { base_proxy_target_url: 'https://{{custom_fields.subdomain}}.example.com' },
        { custom_fields: [{ name: 'subdomain' }, { name: 'key', type: 'password' }] },
      ),
      renewed('revoked', '/token'),
      renewed('stuck', '/broken-token'),
    ],
    accounts: [
      ...['plain', 'closed', 'silent', 'busy', 'secure', 'private', 'unknown'].map((name) =>
        account(`apn_${name}`, name, fields),
      ),
      account('apn_tenant', 'tenant', { custom_fields: { subdomain: 'acme', key: secret } }),
      ...['revoked', 'stuck'].map((name) => account(`apn_${name}`, name, ended)),
      ...[1, 2].map((number) => ({
        ...account(`apn_twin${number}`, 'plain', fields),
        external_user_id: 'user-of-twins',
      })),
    ],
  }
}

interface Sent {
  readonly method?: string
  readonly headers?: readonly string[]
  readonly body?: string
}

function send(path: string, { headers = [], ...rest }: Sent = {}): Promise<RawAnswer> {
  const usual = ['Host', 'proxy.example', 'Connection', 'close']
  const named = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization')
  const token = named ? [] : ['Authorization', `Bearer ${key}`]
  return rawRequest(server.url + path, { headers: [...usual, ...token, ...headers], ...rest })
}

function pathTo(target: string, account: string | undefined, owner = user): string {
  const named = account === undefined ? '' : `&account_id=${account}`
  return `/v1/connect/${project}/proxy/${Buffer.from(target).toString('base64url')}?external_user_id=${owner}${named}`
}

const call = (target: string, account: string | undefined, sent?: Sent) => send(pathTo(target, account), sent)
const plain = (sent?: Sent) => call('/x', 'apn_plain', sent)
const token = (body: object) =>
  send('/v1/oauth/token', {
    method: 'POST',
    headers: ['Authorization', '', 'Content-Type', 'application/json'],
    body: JSON.stringify({ grant_type: 'client_credentials', client_id: client.id, ...body }),
  })

async function spentWindow(): Promise<RawAnswer> {
  const body = JSON.stringify({ window_size_seconds: 60, requests_per_window: 1 })
  const headers = ['Content-Type', 'application/json']
  const made = await send('/v1/connect/rate_limits', { method: 'POST', headers, body })
  const windowed = { headers: ['x-pd-rate-limit', (made.json() as { token: string }).token] }
  expect((await plain(windowed)).status).toBe(200)
  return plain(windowed)
}

/** Two connections are all there are; who comes later waits for a head that is overdue after a second, five at most. */
async function overloaded(): Promise<RawAnswer> {
  const answers = await Promise.all(Array.from({ length: 16 }, () => call('/x', 'apn_busy')))
  return answers.find(({ status }) => status === 503) ?? expect.fail('nobody was turned away')
}

const table: readonly [status: number, code: string, how: string, run: () => Promise<RawAnswer>][] = [
  [400, 'invalid_request', 'no user', () => send(pathTo('/x', 'apn_plain').replace('external_user_id', 'user'))],
  [400, 'invalid_url', 'no base64', () => send(`/v1/connect/${project}/proxy/!!?external_user_id=${user}`)],
  [400, 'invalid_url', 'no plain host', () => call('https://user@api.example.com/', 'apn_plain')],
  [400, 'relative_path_required', 'a full URL', () => call('https://acme.example.com/x', 'apn_tenant')],
  [400, 'domain_not_allowed', 'another host', () => call('https://api.example.com/x', 'apn_plain')],
  [400, 'target_denied', 'a private address', () => call('/x', 'apn_private')],
  [400, 'unsupported_header', 'Cookie', () => plain({ headers: ['x-pd-proxy-Cookie', 'a=b'] })],
  [401, 'invalid_token', 'none', () => plain({ headers: ['Authorization', ''] })],
  [401, 'invalid_token', 'unknown', () => plain({ headers: ['Authorization', 'Bearer nobody'] })],
  [401, 'invalid_client', 'a wrong secret', () => token({ client_secret: 'wrong' })],
  [403, 'insufficient_scope', 'a narrow token', () => narrow()],
  [404, 'record_not_found', 'an unknown account', () => call('/x', 'apn_nobody')],
  [404, 'record_not_found', 'an unknown project', () => send(pathTo('/x', 'apn_plain').replace(project, 'proj_2'))],
  [404, 'record_not_found', 'an unknown app', () => send('/v1/connect/apps/nothing')],
  [405, 'method_not_allowed', 'TRACE', () => plain({ method: 'TRACE' })],
  [405, 'method_not_allowed', 'PUT of a list', () => send('/v1/connect/apps', { method: 'PUT' })],
  [409, 'account_ambiguous', 'two accounts', () => send(pathTo('/x', undefined, 'user-of-twins'))],
  [413, 'payload_too_large', '2 KiB', () => plain({ method: 'POST', body: 'x'.repeat(2048) })],
  [414, 'uri_too_long', '20 KB', () => send(`/v1/${'x'.repeat(20_000)}`)],
  [431, 'headers_too_large', '40 KB', () => plain({ headers: ['x-large', 'x'.repeat(40_000)] })],
  [422, 'account_config_invalid', 'no label', () => newTenant('a.b')],
  [424, 'account_reauth_required', 'invalid_grant', () => call('/x', 'apn_revoked')],
  [429, 'rate_limited', 'a spent window', spentWindow],
  [502, 'upstream_dns', 'no such name', () => call('/x', 'apn_unknown')],
  [502, 'upstream_connect', 'a closed port', () => call('/x', 'apn_closed')],
  [502, 'upstream_tls', 'no TLS there', () => call('/x', 'apn_secure')],
  [502, 'upstream_protocol', 'no HTTP there', () => call('/garbage', 'apn_plain')],
  [502, 'redirect_denied', 'to a script', () => call('/away', 'apn_plain')],
  [503, 'credential_store_unavailable', 'no fresh token', () => call('/x', 'apn_stuck')],
  [503, 'overloaded', 'a full queue', overloaded],
  [504, 'upstream_timeout', 'a silent upstream', () => call('/x', 'apn_silent')],
]

async function narrow(): Promise<RawAnswer> {
  const answer = await token({ client_secret: client.secret, scope: 'connect:accounts:read' })
  const { access_token } = answer.json() as { access_token: string }
  return plain({ headers: ['Authorization', `Bearer ${access_token}`] })
}

function newTenant(subdomain: string): Promise<RawAnswer> {
  const body = JSON.stringify({ app_slug: 'tenant', cfmap_json: JSON.stringify({ subdomain, key: secret }) })
  const headers = ['Content-Type', 'application/json']
  return send(`/v1/connect/${project}/accounts?external_user_id=${user}`, { method: 'POST', headers, body })
}

describe('the table of errors, over the wire', () => {
  it.each(table)(
    '%i %s: %s',
    async (status, code, _how, run) => {
      const answer = await run()
      expect([answer.status, answer.text()]).toEqual([status, expect.stringContaining(code)])
      const body = answer.json() as { error: unknown; code: unknown; details?: unknown }
      expect(body).toMatchObject({ error: expect.stringMatching(/\S/), code })
      expect(answer.headers['content-type']).toBe('application/json')
      expect(answer.headers['x-proxy-error']).toBe(code)
      expect(answer.headers['x-request-id']).toMatch(/^\S{8,}$/)
      expect(answer.text() + JSON.stringify(answer.rawHeaders)).not.toMatch(/canary|10\.0\.0\.1|access-1|refresh-1/)
      if (status === 401 && code === 'invalid_token')
        expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
      if (status === 405) expect(answer.headers.allow).toMatch(/GET/)
      if (status === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      if (status === 409)
        expect(body.details).toEqual({ account_ids: expect.arrayContaining(['apn_twin1', 'apn_twin2']) })
      if (status === 429) {
        expect(body.error).toBe('Throttled')
        expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
        expect(answer.headers['x-ratelimit-remaining']).toBe('0')
      }
    },
    60_000,
  )

  it('none of it is in the answer of an upstream, whatever it says itself', async () => {
    const answer = await plain()
    expect([answer.status, answer.text(), answer.headers['x-proxy-error']]).toEqual([200, 'ok', undefined])
  })
})
