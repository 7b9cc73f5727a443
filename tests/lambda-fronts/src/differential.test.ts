import {
  type RawAnswer,
  type RawRequest,
  type RecordedRequest,
  type RunningServer,
  rawRequest,
  startServer,
  startUpstream,
  type Upstream,
} from '@proxy/test-support'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FrontKind } from './fronts/make-event.js'
import { frontKinds } from './fronts/make-event.js'
import { callHeaders, callPath, configuration, type FrontedFunction, key, project, startFronted } from './world.js'

interface Case {
  readonly name: string
  readonly path: string
  readonly request?: RawRequest
  /** Fronts on which the answer differs, each with the row of docs/deploy-lambda.md that says so. */
  readonly differs?: Readonly<Partial<Record<FrontKind, string>>>
}

const nango = { authorization: `Bearer ${key}`, 'provider-config-key': 'acme', 'connection-id': 'c1' }
const json = { 'content-type': 'application/json' }
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const single = { balancer: 'repeated headers and query names' } as const

function pipedream(target: string, request: RawRequest = {}, query = ''): Pick<Case, 'path' | 'request'> {
  const headers = Array.isArray(request.headers) ? request.headers : { ...callHeaders, ...request.headers }
  return { path: callPath(target, query), request: { ...request, headers: headers as Record<string, string> } }
}

function nangoCall(path: string, request: RawRequest = {}): Pick<Case, 'path' | 'request'> {
  return {
    path: `/proxy${path}`,
    request: { ...request, headers: { ...nango, ...(request.headers as Record<string, string> | undefined) } },
  }
}

/** Standard base64, padded and percent-encoded, as the TypeScript clients send it. */
function percentEncoded(target: string): string {
  const segment = encodeURIComponent(Buffer.from(target).toString('base64'))
  return `/v1/connect/${project}/proxy/${segment}?external_user_id=user-1&account_id=apn_acme1`
}

const authorization = `Bearer ${key}`
const twice = (name: string, one: string, other: string): readonly string[] => [
  'Host',
  'h',
  ...(name.toLowerCase() === 'authorization' ? [] : ['Authorization', authorization]),
  ...(name.toLowerCase() === 'x-pd-environment' ? [] : ['x-pd-environment', 'development']),
  name,
  one,
  name,
  other,
]

const cases: readonly Case[] = [
  { name: 'a GET', ...pipedream('/hello?x=1&x=2&%20=+') },
  {
    name: 'a GET with a standard base64 target',
    path: percentEncoded('/a?b=>>>???~~~'),
    request: { headers: callHeaders },
  },
  {
    name: 'a doubled slash without a project',
    path: `/v1/connect//proxy/${Buffer.from('/a').toString('base64url')}`,
    request: { headers: callHeaders },
  },
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'].map((method) => ({
    name: `a ${method}`,
    ...pipedream('/m', { method }),
  })),
  { name: 'further query parameters', ...pipedream('/q?a=1', {}, '&b=2&c=x') },
  {
    name: 'forwarded headers',
    ...pipedream('/h', { headers: { 'x-pd-proxy-X-Own': 'v', 'x-pd-proxy-accept': 'text/x' } }),
  },
  {
    name: 'a JSON body with a big integer',
    ...pipedream('/b', { method: 'POST', headers: json, body: '{ "n": 12345678901234567890 }' }),
  },
  {
    name: 'a form',
    ...pipedream('/b', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a=1&b=%20+',
    }),
  },
  {
    name: 'every byte',
    ...pipedream('/b', { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: everyByte }),
  },
  {
    name: 'a body of text beyond ASCII',
    ...pipedream('/b', { method: 'POST', headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'wörld €' }),
  },
  {
    name: 'a compressed body',
    ...pipedream('/b', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: everyByte,
    }),
  },
  { name: 'a body without a type', ...pipedream('/b', { method: 'POST', body: 'abc' }) },
  { name: 'an empty body', ...pipedream('/b', { method: 'POST', headers: json, body: '' }) },
  {
    name: 'a body of 600 kB',
    ...pipedream('/b', {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: Buffer.alloc(600_000, 7),
    }),
  },
  { name: 'a DELETE with a body', ...pipedream('/b', { method: 'DELETE', headers: json, body: '{"a":1}' }) },
  {
    name: 'a multipart body',
    ...pipedream('/b', {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
    }),
  },

  { name: 'an answer of every byte', ...pipedream('/bytes') },
  { name: 'an answer of text', ...pipedream('/text') },
  { name: 'an answer of 500 kB', ...pipedream('/large') },
  { name: 'an empty answer', ...pipedream('/empty') },
  { name: 'a 204', ...pipedream('/204') },
  { name: 'a 304', ...pipedream('/304') },
  { name: 'a 404 of the upstream', ...pipedream('/404') },
  { name: 'a 500 of the upstream', ...pipedream('/500') },
  { name: 'an answer with cookies and links', ...pipedream('/headers') },
  { name: 'an upstream that resets', ...pipedream('/reset') },

  { name: 'a wrong token', ...pipedream('/x', { headers: { authorization: 'Bearer wrong' } }) },
  { name: 'no token', path: callPath('/x') },
  {
    name: 'an account that is not there',
    path: callPath('/x').replace('apn_acme1', 'apn_none'),
    request: { headers: callHeaders },
  },
  { name: 'another environment', ...pipedream('/x', { headers: { 'x-pd-environment': 'production' } }) },
  { name: 'an environment that is none', ...pipedream('/x', { headers: { 'x-pd-environment': 'test' } }) },
  { name: 'a host that is not allowed', ...pipedream('https://example.com/x') },
  { name: 'a private address', ...pipedream('http://169.254.169.254/latest/meta-data/') },
  { name: 'a host with userinfo', ...pipedream('https://localhost@example.com/') },
  { name: 'a path that leaves', ...pipedream('//example.com/x') },
  { name: 'a path with a backslash', ...pipedream('/\\example.com') },
  {
    name: 'a target that is no base64',
    path: `/v1/connect/${project}/proxy/!!!?external_user_id=user-1&account_id=apn_acme1`,
    request: { headers: callHeaders },
  },
  { name: 'a target with a line break', ...pipedream('/a\r\nb') },
  { name: 'a restricted header', ...pipedream('/x', { headers: { 'x-pd-proxy-host': 'evil' } }) },
  {
    name: 'a repeated account',
    path: callPath('/x', '&account_id=apn_acme1'),
    request: { headers: callHeaders },
    differs: single,
  },
  { name: 'a route that is not there', path: '/v1/none', request: { headers: callHeaders } },
  { name: 'the method TRACE', ...pipedream('/x', { method: 'TRACE' }) },
  { name: 'a target of two slashes', path: '//example.com/v1', request: { headers: callHeaders } },
  { name: 'a target that is too long', path: `/${'a'.repeat(17_000)}`, request: { headers: callHeaders } },
  { name: 'headers that are too large', ...pipedream('/x', { headers: { 'x-large': 'a'.repeat(34_000) } }) },
  {
    name: 'too many headers',
    ...pipedream('/x', { headers: Object.fromEntries(Array.from({ length: 140 }, (_, nth) => [`x-${nth}`, '1'])) }),
  },
  {
    name: 'two credentials',
    path: callPath('/x'),
    request: { headers: twice('Authorization', authorization, authorization) },
    differs: single,
  },
  {
    name: 'two credentials of different kinds',
    path: callPath('/x'),
    request: { headers: twice('authorization', authorization, 'Basic eDp5') },
    differs: single,
  },
  {
    name: 'two environments',
    path: callPath('/x'),
    request: { headers: twice('x-pd-environment', 'development', 'production') },
    differs: single,
  },
  { name: 'no host', path: callPath('/x'), request: { headers: ['Authorization', authorization] } },
  { name: 'a host that is none', path: callPath('/x'), request: { headers: { ...callHeaders, host: 'a/b' } } },
  {
    name: 'a body above the limit',
    ...pipedream('/b', { method: 'POST', headers: json, body: Buffer.alloc(800_000, 32) }),
  },
  {
    name: 'a token for a client',
    path: '/v1/oauth/token',
    request: { method: 'POST', headers: json, body: '{"grant_type":"none"}' },
  },
  { name: 'a list of accounts', path: `/v1/connect/${project}/accounts?limit=1`, request: { headers: callHeaders } },
  { name: 'liveness', path: '/livez' },
  { name: 'readiness', path: '/readyz' },

  { name: 'Nango: a GET', ...nangoCall('/things/1/?q=a%20b&q=c'), differs: single },
  { name: 'Nango: brackets', ...nangoCall('/things?a[]=1&b=%5B'), differs: { 'rest-api': 'spelling of queries' } },
  { name: 'Nango: an encoded slash', ...nangoCall('/things/a%2Fb'), differs: { 'http-api': 'decoded paths' } },
  { name: 'Nango: an encoded space', ...nangoCall('/things/a%20b') },
  { name: 'Nango: a POST', ...nangoCall('/things', { method: 'POST', headers: json, body: '{"a": 1}' }) },
  { name: 'Nango: PROPFIND', ...nangoCall('/dav', { method: 'PROPFIND' }) },
  { name: 'Nango: no connection', path: '/proxy/x', request: { headers: { authorization } } },
  { name: 'Nango: a wrong key', ...nangoCall('/x', { headers: { authorization: 'Bearer wrong' } }) },
  { name: 'Nango: no endpoint', ...nangoCall('?x=1') },
  {
    name: 'Nango: an override that is not allowed',
    ...nangoCall('/x', { headers: { 'base-url-override': 'https://example.com' } }),
  },
  { name: 'Nango: an unknown connection', ...nangoCall('/x', { headers: { 'connection-id': 'none' } }) },
  { name: 'Nango: connections', path: '/connections', request: { headers: { authorization } } },
]

const fronts = [
  ...frontKinds.map((kind) => ({ name: `${kind}, buffered`, kind, streams: false })),
  { name: 'function-url, streaming', kind: 'function-url' as const, streams: true },
  { name: 'rest-api, streaming', kind: 'rest-api' as const, streams: true },
]

let upstream: Upstream
let server: RunningServer
let config: object
const answers = new Map<string, Seen>()

interface Seen {
  readonly answer: readonly unknown[]
  readonly upstream: readonly unknown[]
}

beforeAll(async () => {
  upstream = await startUpstream()
  upstream.answer('/bytes', (response) => void response.end(everyByte))
  upstream.answer(
    '/text',
    (response) => void response.setHeader('content-type', 'text/plain').end('wörld "quoted" \u0001'),
  )
  upstream.answer('/large', (response) => void response.end(Buffer.alloc(500_000, 'abc\u0000')))
  upstream.answer('/empty', (response) => void response.end())
  for (const status of [204, 304, 404, 500])
    upstream.answer(`/${status}`, (response) => void response.writeHead(status, { etag: '"e"' }).end())
  upstream.answer('/reset', (response) => void response.socket?.resetAndDestroy())
  upstream.answer('/headers', (response) => {
    response.setHeader('set-cookie', ['a=1; Path=/', 'b=2'])
    response.setHeader('link', '<https://example.com/2>; rel="next"')
    response.end('{}')
  })
  config = configuration(upstream.port, { limits: { project: 'none', headTimeout: '20s', maxRequestBody: '700KiB' } })
  server = await startServer({ config: config as Record<string, unknown> })
  for (const one of cases) answers.set(one.name, await look(server.url, one))
})

afterAll(async () => {
  await server.stop()
  await upstream.stop()
})

/** Belongs to the connection, or is different each time. */
const volatile = new Set(['connection', 'keep-alive', 'date', 'x-request-id', 'transfer-encoding', 'content-length'])

async function look(url: string, { path, request }: Case): Promise<Seen> {
  upstream.forget()
  const answer = await rawRequest(`${url}${path}`, request)
  const ids = /req_[0-9a-z]+|"[0-9a-f-]{36}"|"\d{4}-\d\d-\d\dT[\d:.]+Z"/g
  return {
    answer: [answer.status, headersOf(answer), answer.body.toString('latin1').replace(ids, 'ID')],
    upstream: upstream.requests.map(shown),
  }
}

function headersOf({ headers }: RawAnswer): readonly (readonly [string, unknown])[] {
  return Object.entries(headers)
    .filter(([name]) => !volatile.has(name) && !name.startsWith('x-ratelimit-'))
    .sort(([one], [other]) => (one < other ? -1 : 1))
}

function shown({ method, url, rawHeaders, bodyDigest }: RecordedRequest): unknown {
  const pairs = rawHeaders.flatMap((text, index) => {
    if (index % 2 === 1) return []
    const name = text.toLowerCase()
    const value = rawHeaders[index + 1]
    // One instance's name for itself; both have the same keys.
    return name === 'transfer-encoding' || name === 'content-length' ? [] : [`${name}: ${value}`]
  })
  return [method, url, pairs.sort(), bodyDigest]
}

describe.each(fronts)('$name', ({ kind, streams }) => {
  let fronted: FrontedFunction

  beforeAll(async () => {
    fronted = await startFronted({ kind, streams, config })
    return () => fronted.stop()
  })

  it.each(cases.filter(({ differs }) => differs?.[kind] === undefined))(
    'does as the server does: $name',
    async (one) => {
      expect(await look(fronted.url, one)).toEqual(answers.get(one.name))
    },
  )

  it.each(cases.filter(({ differs }) => differs?.[kind] !== undefined))(
    'does otherwise, as the platform forces it: $name',
    async (one) => {
      expect(await look(fronted.url, one)).not.toEqual(answers.get(one.name))
    },
  )
})
