import { type ProxyCall, ProxyError } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { base64url, createBench, incoming } from '../testing/bench.js'

const { dialect } = createBench()
const target = base64url('https://api.shop.example/v1/orders?a=1')
const path = `/v1/connect/proj_demo/proxy/${target}`
const who = 'external_user_id=user-1&account_id=apn_1'
const authorization = ['Authorization', 'Bearer token-1']

function read(method: string, rawTarget: string, headers: readonly string[] = authorization, body?: string): ProxyCall {
  const call = dialect.read(incoming(method, rawTarget, headers, body))
  if (call.kind !== 'proxy') throw new Error('This is a route.')
  return call
}

function refusal(run: () => unknown): string {
  try {
    run()
    return 'nothing'
  } catch (error) {
    return error instanceof ProxyError ? `${error.code}: ${error.message}` : String(error)
  }
}

describe('the path', () => {
  it('names project and target', () => {
    const call = read('GET', `${path}?${who}`)
    expect(call).toMatchObject({
      kind: 'proxy',
      bearer: 'token-1',
      method: 'GET',
      project: 'proj_demo',
      environment: undefined,
      account: { by: 'id', id: 'apn_1', externalUserId: 'user-1' },
      target: 'https://api.shop.example/v1/orders?a=1',
      query: '',
      baseUrl: undefined,
      headers: [],
      contentType: undefined,
      rateLimitToken: undefined,
      origin: undefined,
      answerHeaders: [],
      retries: undefined,
    })
  })

  it.each([`/v1/connect//proxy/${target}`, `/v1/connect/proxy/${target}`, `/v1//connect///proxy//${target}`])(
    'leaves the project to the token: %s',
    (raw) => {
      expect(read('GET', `${raw}?${who}`).project).toBeUndefined()
    },
  )

  it('is matched before it is decoded', () => {
    expect(read('GET', `/v1/connect/a%2Fb/proxy/${target}?${who}`).project).toBe('a/b')
    expect(refusal(() => dialect.read(incoming('GET', `/v1/connect/a%2/proxy/${target}?${who}`)))).toMatch(
      'invalid_request',
    )
    expect(dialect.read(incoming('GET', `/v1/connect%2Fproj_demo/proxy/${target}?${who}`)).kind).toBe('route')
  })

  it('may stand below the path of the public URL, or without it', () => {
    expect(dialect.owns(`/v1/connect/proxy/${target}`)).toBe(true)
    expect(dialect.owns('/openapi.json')).toBe(true)
    expect(dialect.owns('/v1')).toBe(true)
    expect(dialect.owns('/v10/connect')).toBe(false)
    expect(dialect.owns('/proxy/v1/connect')).toBe(false)
    expect(dialect.owns('/openapi.jsonx')).toBe(false)
  })

  it.each(['', 'abc/def', '%%', 'L2F'])('refuses the target %j', (segment) => {
    expect(refusal(() => read('GET', `/v1/connect/proj_demo/proxy/${segment}?${who}`))).toMatch(/^invalid_url/)
    expect(read('GET', `${path}?${who}`).project).toBe('proj_demo')
  })
})

describe('the method', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])('%s is proxied', (method) => {
    expect(read(method, `${path}?${who}`).method).toBe(method)
  })

  it.each(['TRACE', 'TRACK', 'CONNECT', 'PROPFIND', 'get'])('%s is not', (method) => {
    expect(refusal(() => read(method, `${path}?${who}`))).toMatch(/^method_not_allowed/)
  })

  it('OPTIONS as a CORS preflight is answered here, for any path and without a token', async () => {
    const headers = [
      'Origin',
      'https://app.example.com',
      'Access-Control-Request-Method',
      'POST',
      'Access-Control-Request-Headers',
      'authorization, x-pd-proxy-hello,content-type',
    ]
    const call = dialect.read(incoming('OPTIONS', `${path}?${who}`, headers))
    if (call.kind !== 'route') throw new Error('The preflight was proxied.')
    const request = new Request('http://host/', {
      method: 'OPTIONS',
      headers: { 'access-control-request-headers': 'authorization, x-pd-proxy-hello,content-type' },
    })
    const answer = await call.respond(request, { requestId: 'r', remoteAddress: '::1' })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(answer.headers.get('access-control-allow-methods')).toContain('DELETE')
    expect(answer.headers.get('access-control-allow-headers')).toBe('authorization, x-pd-proxy-hello, content-type')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    expect(read('OPTIONS', `${path}?${who}`, ['Origin', 'https://app.example.com']).kind).toBe('proxy')
  })
})

describe('the query', () => {
  it.each<[string, string]>([
    [`${who}`, ''],
    [`${who}&p=1%202&q=a&q=b`, 'p=1%202&q=a&q=b'],
    [`p=%zz&${who}&e=%C3%28`, 'p=%zz&e=%C3%28'],
    [`external_user_id=user-1&x=+%2B&account_id=apn_1&y`, 'x=+%2B&y'],
    [`a=1&&b=2&${who}&`, 'a=1&&b=2&'],
    [`${who}&ACCOUNT_ID=2&account_ids=3`, 'ACCOUNT_ID=2&account_ids=3'],
    [`${who}&=x&z=a=b`, '=x&z=a=b'],
  ])('%s leaves %j byte for byte', (query, rest) => {
    const call = read('GET', `${path}?${query}`)
    expect(call.query).toBe(rest)
    expect(call.account).toEqual({ by: 'id', id: 'apn_1', externalUserId: 'user-1' })
  })

  it('decodes its own values as forms do', () => {
    const { account } = read('GET', `${path}?external_user_id=u+1%2B%26%C3%A9&account_id=apn%5F1`)
    expect(account).toEqual({ by: 'id', id: 'apn_1', externalUserId: 'u 1+&\u00e9' })
  })

  it('chooses by user when it names no account', () => {
    expect(read('GET', `${path}?external_user_id=user-1`).account).toEqual({ by: 'user', externalUserId: 'user-1' })
  })

  it('need not name the user when the token does', () => {
    const bearer = ['authorization', `Bearer ctok_${'0'.repeat(32)}`]
    expect(read('GET', path, bearer).account).toEqual({ by: 'user', externalUserId: undefined })
    expect(read('GET', `${path}?account_id=apn_1`, bearer).account).toMatchObject({
      by: 'id',
      externalUserId: undefined,
    })
  })

  it.each([
    ['no user', 'account_id=apn_1'],
    ['no query', ''],
    ['a repeated account', `${who}&account_id=apn_2`],
    ['a repeated account of the same id', `${who}&account_id=apn_1`],
    ['a repeated account with an encoded name', `${who}&account%5Fid=apn_2`],
    ['a repeated user', `${who}&external_user_id=user-2`],
    ['an empty account', 'external_user_id=user-1&account_id='],
    ['an account without a value', 'external_user_id=user-1&account_id'],
    ['an empty user', 'external_user_id=&account_id=apn_1'],
    ['a user that is not UTF-8', 'external_user_id=%ff&account_id=apn_1'],
    ['a user that is cut', 'external_user_id=a%2&account_id=apn_1'],
  ])('is refused with %s', (_, query) => {
    expect(refusal(() => read('GET', `${path}?${query}`))).toMatch(/^invalid_request/)
  })
})

describe('headers', () => {
  const browsing = [
    'Host', 'proxy.example', 'User-Agent', 'node', 'Accept', '*/*', 'Accept-Language', '*', 'Accept-Encoding', 'br',
    'Sec-Fetch-Mode', 'cors', 'Cookie', 'a=b', 'Origin', 'https://page.example', 'Referer', 'https://page.example/',
    'X-Fern-Language', 'JavaScript', 'x-pd-sdk-version', '3.1.6', 'X-Forwarded-For', '10.0.0.1', 'Connection', 'close',
    'Via', '1.1 other', 'Proxy-Authorization', 'Basic x',
  ] // biome-ignore format: pairs

  it('forwards only what has the prefix, minus exactly one, in order and with duplicates', () => {
    const headers = [
      ...authorization,
      ...browsing,
      'x-pd-proxy-hello',
      'world',
      'X-PD-Proxy-Hello',
      'Again',
      'x-pd-proxy-x-pd-proxy-hello',
      'twice',
      'X-Pd-Proxy-User-Agent',
      'mine',
      'x-pd-proxy-accept',
      'text/csv',
      'x-pd-proxy-authorization',
      'Bearer other',
    ]
    expect(read('GET', `${path}?${who}`, headers).headers).toEqual([
      'hello',
      'world',
      'hello',
      'Again',
      'x-pd-proxy-hello',
      'twice',
      'user-agent',
      'mine',
      'accept',
      'text/csv',
      'authorization',
      'Bearer other',
    ])
  })

  it.each([
    'Accept-Encoding',
    'Access-Control-Request-Headers',
    'Access-Control-Request-Method',
    'Connection',
    'Content-Length',
    'Cookie',
    'Date',
    'DNT',
    'Expect',
    'Host',
    'Keep-Alive',
    'Origin',
    'Permissions-Policy',
    'Referer',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Via',
    'Proxy-Authorization',
    'Proxy-',
    'Proxy-Anything',
    'Sec-Fetch-Mode',
    'Sec-X',
  ])('refuses %s behind the prefix, and ignores it without', (name) => {
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
      const prefixed = [...authorization, `X-pd-Proxy-${spelling}`, 'x']
      expect(refusal(() => read('GET', `${path}?${who}`, prefixed))).toBe(
        `unsupported_header: Unsupported header: ${spelling}`,
      )
    }
    expect(read('GET', `${path}?${who}`, [...authorization, name, 'x']).headers).toEqual([])
  })

  it('lets names through that only resemble restricted ones', () => {
    const names = ['x-host', 'dates', 'security', 'prox-y', 'accept', 'x-sec-y', 'tea', 'cookie2']
    const headers = [...authorization, ...names.flatMap((name) => [`x-pd-proxy-${name}`, 'v'])]
    expect(read('GET', `${path}?${who}`, headers).headers).toEqual(names.flatMap((name) => [name, 'v']))
  })

  it.each([
    ['no name', ['x-pd-proxy-', 'x']],
    ['a name that is no token', ['x-pd-proxy-a b', 'x']],
    ['a pseudo header', ['x-pd-proxy-:path', 'x']],
    ['a line break in the value', ['x-pd-proxy-a', 'b\r\nc: d']],
    ['a NUL in the value', ['x-pd-proxy-a', 'b\0']],
    ['an unknown environment', ['x-pd-environment', 'staging']],
    ['two environments', ['x-pd-environment', 'production', 'X-PD-Environment', 'production']],
    ['two environments in one', ['x-pd-environment', 'production, production']],
    ['two authorizations', ['authorization', 'Bearer other']],
    ['two content types', ['content-type', 'a/b', 'content-type', 'c/d']],
    ['two windows', ['x-pd-rate-limit', 'a', 'x-pd-rate-limit', 'b']],
  ])('refuses %s', (_, extra) => {
    expect(refusal(() => read('GET', `${path}?${who}`, [...authorization, ...extra]))).toMatch(/^invalid_request/)
  })

  it('reads environment, window and content type', () => {
    const headers = [...authorization, 'X-PD-Environment', 'development', 'X-PD-Rate-Limit', 'w', 'CONTENT-TYPE', 'a/b']
    expect(read('POST', `${path}?${who}`, headers, 'body')).toMatchObject({
      environment: 'development',
      rateLimitToken: 'w',
      contentType: 'a/b',
    })
  })

  it.each([
    ['Bearer abc', 'abc'],
    ['bearer  abc ', 'abc'],
    ['Bearer abc ', 'abc'],
    ['Bearer  abc', 'abc'],
    ['Basic abc', undefined],
    ['Bearer', undefined],
    ['Bearer ', undefined],
    ['Bearerabc', undefined],
    ['Bearer a b', undefined],
    ['', undefined],
  ])('takes %j for the bearer %j', (value, bearer) => {
    expect(read('GET', `${path}?${who}`, ['authorization', value]).bearer).toBe(bearer)
  })
})

describe('a browser with a connect token', () => {
  const headers = [
    'authorization',
    `Bearer ctok_${'a'.repeat(32)}`,
    'origin',
    'https://app.example.com',
    'x-pd-environment',
    'production',
  ]

  it('can read the answer, and its environment comes from the token', () => {
    const call = read('GET', `/v1/connect//proxy/${target}?${who}`, headers)
    expect(call).toMatchObject({ environment: undefined, project: undefined, origin: 'https://app.example.com' })
    expect(call.answerHeaders).toContain('https://app.example.com')
  })

  it('differs from a backend, which gets no such headers', () => {
    const call = read('GET', `${path}?${who}`, ['authorization', 'Bearer x', 'origin', 'https://app.example.com'])
    expect(call.answerHeaders).toEqual([])
  })
})
