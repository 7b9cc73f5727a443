import type { RequestListener } from 'node:http'
import { createServer as createPlainServer } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { AppDefinition } from '@proxy/core'
import { selfSignedCertificate } from '@proxy/test-support'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from './start-engine.js'

interface Seen {
  readonly server: 'own' | 'other'
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** With characters that encodings change; long enough not to stand in a URL by chance. */
const longKey = 'c4nary+/ kéy-0123456789'
const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const certificate = selfSignedCertificate()
const seen: Seen[] = []
const stops: (() => Promise<unknown>)[] = []
let own = 0
let other = 0
/** Of an upstream without TLS. */
let plain = 0
let redirect: { status: number; location: string } = { status: 302, location: '/' }
let engine: Engine

async function start(server: Seen['server'], answer: RequestListener, isSecure = true): Promise<number> {
  const listener: RequestListener = async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    seen.push({ server, method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    answer(request, response)
  }
  const https = isSecure
    ? createServer({ cert: certificate.certificate, key: certificate.key }, listener)
    : createPlainServer(listener)
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
  stops.push(
    () =>
      new Promise((resolve) => {
        https.close(resolve)
        https.closeAllConnections()
      }),
  )
  return (https.address() as AddressInfo).port
}

const file: RequestListener = (request, response) => {
  if (request.url?.startsWith('/stream')) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end('data: 1\n\ndata: 2\n\n')
  } else response.writeHead(200, { 'x-file': '1' }).end(request.method === 'HEAD' ? undefined : 'the file')
}

function app(slug: string, redirects: 'follow' | 'manual' | 'error', allowHttp = false): AppDefinition {
  return {
    name_slug: slug,
    name: slug,
    auth_type: 'keys',
    custom_fields: [{ name: 'key' }],
    connect: {
      base_proxy_target_url: `https://localhost:${own}`,
      allowed_domains: [`localhost:${own}`, `localhost:${plain}`],
      allow_http: allowHttp,
    },
    auth: [
      { kind: 'header', name: 'x-api-key', value: '{{custom_fields.key}}' },
      { kind: 'query', name: 'sig', value: '{{custom_fields.key}}' },
    ],
    redirects,
  }
}

const redirects: RequestListener = (request, response) => {
  if (!request.url?.startsWith('/go')) return file(request, response)
  response.writeHead(redirect.status, { location: redirect.location, 'set-cookie': 'a=b' }).end('moved')
}

beforeAll(async () => {
  own = await start('own', redirects)
  other = await start('other', file)
  plain = await start('own', redirects, false)
  engine = await startEngine({
    apps: [
      app('follows', 'follow'),
      app('manual', 'manual'),
      app('refuses', 'error'),
      app('allows_http', 'follow', true),
    ],
    accounts: [
      ...['follows', 'manual', 'refuses', 'allows_http'].map((slug) => ({
        id: `apn_${slug}`,
        app: slug,
        customFields: { key: 'canary' },
      })),
      ...['follows', 'manual'].map((slug) => ({ id: `apn_long_${slug}`, app: slug, customFields: { key: longKey } })),
    ],
    allowPrivate: [`127.0.0.1:${own}`, `127.0.0.1:${other}`, `127.0.0.1:${plain}`],
    ca: [certificate.certificate],
  })
})

afterAll(async () => {
  await engine.close()
  await Promise.all(stops.map((stop) => stop()))
})

beforeEach(() => {
  seen.length = 0
})

function go(status: number, location: string, call: Partial<Parameters<Engine['call']>[0]> = {}) {
  redirect = { status, location }
  return engine.call({ target: '/go', account: 'apn_follows', ...call })
}

describe('a redirect to the app’s own host', () => {
  it.each([301, 302, 303, 307, 308])('%i is followed with the credential injected anew, once', async (status) => {
    const answer = await go(status, '/file?x=1&sig=planted')
    expect([answer.status, String(answer.body)]).toEqual([200, 'the file'])
    expect(seen.map(({ url }) => url)).toEqual(['/go?sig=canary', '/file?x=1&sig=canary'])
    expect(seen[1]?.headers['x-api-key']).toBe('canary')
  })

  it.each([
    ['relative to the path', 'file', '/file?sig=canary'],
    ['with a full URL', 'FULL/file', '/file?sig=canary'],
    ['without a scheme', 'HOST/file', '/file?sig=canary'],
    ['a query alone', '?a=1', undefined],
    ['nothing', '', undefined],
    ['that climbs', '../.././a/../b/./file?x=/../y', '/b/file?x=/../y&sig=canary'],
    ['that ends in a folder', '/a/b/../', '/a/?sig=canary'],
    ['that ends in dots', '/a/b/..', '/a/?sig=canary'],
    ['with encoded dots, as they are', '/a/%2e%2E/file', '/a/%2e%2E/file?sig=canary'],
    ['that looks like a host after dots', '/..//evil.example/', '//evil.example/?sig=canary'],
    ['in UTF-8', Buffer.from('/caf\u00e9').toString('latin1'), '/caf%C3%A9?sig=canary'],
  ])('a location %s is resolved', async (_name, location, url) => {
    const text = location.replace('FULL', `https://localhost:${own}`).replace('HOST', `//localhost:${own}`)
    const answer = await go(302, text)
    if (url === undefined) expect(answer.status).toBe(502)
    else expect(seen[1]?.url).toBe(url)
  })

  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [302, 'PUT', 'PUT', 'hello'],
    [307, 'POST', 'POST', 'hello'],
    [308, 'PATCH', 'PATCH', 'hello'],
  ])('%i turns %s into %s', async (status, method, next, body) => {
    const headers = ['content-type', 'text/plain']
    const answer = await go(status, '/file', { method, body: 'hello', headers })
    expect(answer.status).toBe(200)
    expect(seen[1]).toMatchObject({ method: next, body })
    expect(seen[1]?.headers['content-type']).toBe(body === '' ? undefined : 'text/plain')
  })

  it('308 of a streamed body is refused, a 303 of one is followed', async () => {
    const stream = () => Readable.from([Buffer.from('part'), Buffer.from('part')])
    const refused = await go(308, '/file', { method: 'POST', body: stream() })
    expect([refused.status, refused.header('x-code')]).toEqual([502, 'redirect_denied'])
    const followed = await go(303, '/file', { method: 'POST', body: stream() })
    expect(followed.status).toBe(200)
  })

  it('streams events from where it leads', async () => {
    const answer = await go(302, '/stream')
    expect(String(answer.body)).toBe('data: 1\n\ndata: 2\n\n')
  })

  it('keeps HEAD a HEAD', async () => {
    const answer = await go(302, '/file', { method: 'HEAD' })
    expect(answer.status).toBe(200)
    expect(seen.map(({ method }) => method)).toEqual(['HEAD', 'HEAD'])
  })

  it('stops after five', async () => {
    const answer = await go(302, '/go')
    expect([answer.status, answer.header('x-code')]).toEqual([502, 'redirect_denied'])
    expect(seen).toHaveLength(6)
  })
})

describe('a redirect to another host', () => {
  it('is followed by GET and HEAD without credential and without the caller’s headers', async () => {
    const headers = [
      'accept',
      'image/png',
      'range',
      'bytes=0-9',
      'x-mine',
      '1',
      'authorization',
      'Bearer mine',
      'user-agent',
      'mine/1',
      'accept-encoding',
      'mine',
    ]
    for (const method of ['GET', 'HEAD']) {
      seen.length = 0
      const answer = await go(302, `https://localhost:${other}/file?token=signed`, { method, headers })
      expect(answer.status).toBe(200)
      expect(seen[1]).toMatchObject({ server: 'other', method, url: '/file?token=signed' })
      expect(seen[1]?.headers).toMatchObject({ accept: 'image/png', range: 'bytes=0-9', 'user-agent': 'api-proxy' })
      expect(JSON.stringify(seen[1])).not.toMatch(/canary|x-mine|mine/)
    }
  })

  it('does not hand on the credential that the upstream copied into it, and keeps what is the other host’s own', async () => {
    const copied = `https://localhost:${other}/file?a=1&sig=canary&sig=theirs&b=2`
    expect((await go(302, copied)).status).toBe(200)
    expect(seen[1]).toMatchObject({ server: 'other', url: '/file?a=1&sig=theirs&b=2' })
  })

  it.each([
    ['under another name', `/file?token=${encodeURIComponent(longKey)}`],
    [
      'under another name as a form writes it',
      `/file?token=${new URLSearchParams([['a', longKey]]).toString().slice(2)}`,
    ],
    ['in a URL inside a parameter', `/login?to=${encodeURIComponent(`/x?sig=${encodeURIComponent(longKey)}`)}`],
    [
      'in a URL inside a URL',
      `/login?to=${encodeURIComponent(`/a?to=${encodeURIComponent(`/x?sig=${encodeURIComponent(longKey)}`)}`)}`,
    ],
    ['in the path', `/file/${encodeURIComponent(longKey)}/x`],
    ['in small escapes', `/file/${encodeURIComponent(longKey).replace(/%../g, (code) => code.toLowerCase())}`],
    ['as bytes', `/file?${utf8(longKey).replace(' ', '%20')}`],
  ])('that would get the credential %s is not called', async (_, path) => {
    const answer = await go(302, `https://localhost:${other}${path}`, { account: 'apn_long_follows' })
    expect([answer.status, answer.header('x-code')]).toEqual([502, 'redirect_denied'])
    expect(seen.map(({ server }) => server)).toEqual(['own'])
    expect(
      (await go(302, `https://localhost:${other}/file?token=theirs`, { account: 'apn_long_follows' })).status,
    ).toBe(200)
    expect((await go(302, `/own${path}`, { account: 'apn_long_follows' })).status).toBe(200)
  })

  it.each([
    ['a POST that stays one', 307, 'https://localhost:OTHER/file', 'POST'],
    ['http', 302, 'http://localhost:OTHER/file', 'GET'],
    ['http on the own host', 302, 'http://localhost:OWN/file', 'GET'],
    ['a private address', 302, 'https://10.0.0.1/file', 'GET'],
    ['the metadata service', 302, 'https://169.254.169.254/latest', 'GET'],
    ['a loopback port that nobody allowed', 302, 'https://127.0.0.1:1/file', 'GET'],
    ['javascript:', 302, 'javascript:alert(1)', 'GET'],
    ['data:', 302, 'data:text/html,hi', 'GET'],
    ['userinfo', 302, 'https://localhost:OWN@localhost:OTHER/file', 'GET'],
    ['a backslash', 302, '/\\localhost:OTHER/file', 'GET'],
    ['a tab in the host', 302, 'https://local\thost:OTHER/file', 'GET'],
  ])('%s is refused and nothing arrives', async (_name, status, location, method) => {
    const text = location.replaceAll('OTHER', String(other)).replaceAll('OWN', String(own))
    const answer = await go(status, text, { method, ...(method === 'POST' && { body: 'x' }) })
    expect([answer.status, answer.header('x-code')]).toEqual([502, 'redirect_denied'])
    expect(seen).toHaveLength(1)
  })
})

describe('an app that may be called over http', () => {
  it('is not led there from https, with its credential', async () => {
    const answer = await go(302, `http://localhost:${plain}/file`, { account: 'apn_allows_http' })
    expect([answer.status, answer.header('x-code')]).toEqual([502, 'redirect_denied'])
    expect(seen).toHaveLength(1)
  })

  it('is followed from http to http and to https', async () => {
    for (const location of [`http://localhost:${plain}/file`, `https://localhost:${own}/file`]) {
      seen.length = 0
      const target = `http://localhost:${plain}/go`
      expect((await go(302, location, { account: 'apn_allows_http', target })).status).toBe(200)
      expect(seen.map(({ url }) => url)).toEqual(['/go?sig=canary', '/file?sig=canary'])
    }
  })
})

describe('an app’s own rule', () => {
  it('manual hands the 3xx back, its location without the injected parameter', async () => {
    const answer = await go(302, `https://localhost:${own}/file?sig=canary&x=1`, { account: 'apn_manual' })
    expect([answer.status, String(answer.body)]).toEqual([302, 'moved'])
    expect(answer.header('location')).toBe(`https://localhost:${own}/file?x=1`)
    expect(answer.header('set-cookie')).toBeUndefined()
    expect(seen).toHaveLength(1)
  })

  it.each([
    `/login?to=${encodeURIComponent(`/x?sig=${encodeURIComponent(longKey)}`)}`,
    `/file?token=${encodeURIComponent(longKey)}`,
    `/file#sig=${encodeURIComponent(longKey)}`,
  ])('manual hands no location back that holds the credential elsewhere: %s', async (location) => {
    const answer = await go(302, location, { account: 'apn_long_manual' })
    expect([answer.status, answer.header('location')]).toEqual([302, undefined])
    expect((await go(302, '/login?to=%2Fx', { account: 'apn_long_manual' })).header('location')).toBe('/login?to=%2Fx')
  })

  it.each(['/login?to=%2Fx%3Fsig%3Dcanary', '/login?to=/x?sig=canary', '/login#/x?SIG=canary'])(
    'manual hands no location back that holds a short one behind its name: %s',
    async (location) => {
      expect((await go(302, location, { account: 'apn_manual' })).header('location')).toBeUndefined()
      const theirs = location.replace('canary', 'theirs')
      expect((await go(302, theirs, { account: 'apn_manual' })).header('location')).toBe(theirs)
    },
  )

  it('error refuses, and a plain answer of the same app passes', async () => {
    expect((await go(302, '/file', { account: 'apn_refuses' })).header('x-code')).toBe('redirect_denied')
    expect((await engine.call({ target: '/file', account: 'apn_refuses' })).status).toBe(200)
  })
})
