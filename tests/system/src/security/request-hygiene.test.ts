import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../engine/raw-upstream.js'
import { type Placement, startTown, type Town } from './town.js'
import { headersOf, valuesOf } from './wire.js'

let upstream: RawUpstream
let town: Town
let seen: number

beforeAll(async () => {
  upstream = await startRawUpstream()
  upstream.script = (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok')
  town = await startTown({ upstreamPort: upstream.port })
})

afterAll(async () => {
  await town.server.stop()
  await upstream.stop()
})

beforeEach(() => {
  seen = upstream.heads.length
})

/** The head that the upstream saw of one call that it must have seen. */
async function sent(placement: Placement, headers: readonly string[], target = '/x', query = ''): Promise<string> {
  const answer = await town.manage(town.path(placement, target) + query, { headers })
  expect(answer.status, answer.text()).toBe(200)
  expect(upstream.heads.length).toBe(seen + 1)
  return upstream.heads.at(-1) ?? ''
}

describe('names that the caller lists in Connection', () => {
  it.each([
    ['in one header', ['Connection', 'close, X-Pd-Proxy-X-Secret, x-other']],
    ['in a second header', ['Connection', 'x-nothing', 'connection', 'X-Secret , x-other']],
    ['in a third, among empty elements', ['Connection', ',', 'CONNECTION', ',,', 'Connection', ', x-secret,,x-other,']],
  ])('%s are taken from its own set', async (_, connection) => {
    const head = await sent('header', [
      ...connection,
      'x-pd-proxy-x-secret',
      '1',
      'x-pd-proxy-X-Other',
      '2',
      'x-pd-proxy-x-kept',
      '3',
    ])
    expect(valuesOf(head, 'x-secret')).toEqual([])
    expect(valuesOf(head, 'x-other')).toEqual([])
    expect(valuesOf(head, 'x-kept')).toEqual(['3'])
  })

  it('take the traceparent, which is the caller’s too', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    expect(valuesOf(await sent('header', ['traceparent', trace]), 'traceparent')).toEqual([trace])
    seen = upstream.heads.length
    expect(valuesOf(await sent('header', ['traceparent', trace, 'Connection', 'traceparent']), 'traceparent')).toEqual(
      [],
    )
  })

  it('take the outer Content-Type, which is the caller’s too', async () => {
    const typed = async (connection: string) => {
      seen = upstream.heads.length
      const body = { method: 'POST', body: '{}', headers: ['Content-Type', 'text/x', 'Connection', connection] }
      expect((await town.call('header', '/x', body)).status).toBe(200)
      return valuesOf(upstream.heads.at(-1) ?? '', 'content-type')
    }
    expect(await typed('close')).toEqual(['text/x'])
    expect(await typed('close, Content-Type')).toEqual([])
  })

  it('never take an injected one', async () => {
    const listed = ['Connection', 'x-api-key, X-Pd-Proxy-X-Api-Key, authorization, cookie', 'connection', 'X-API-KEY']
    expect(valuesOf(await sent('header', listed), 'x-api-key')).toEqual([town.credentials.header])
    seen = upstream.heads.length
    expect(valuesOf(await sent('bearer', listed), 'authorization')).toEqual([`Bearer ${town.credentials.bearer}`])
    seen = upstream.heads.length
    expect(valuesOf(await sent('cookie', listed), 'cookie')).toEqual([`session=${town.credentials.cookie}`])
  })
})

describe('a caller’s value under the name of the credential', () => {
  it.each<[Placement, string, readonly string[]]>([
    ['header', 'x-api-key', ['x-pd-proxy-x-api-key', 'mine']],
    [
      'header',
      'x-api-key',
      ['X-PD-PROXY-X-API-KEY', 'mine', 'x-pd-proxy-X-Api-Key', 'mine', 'x-Pd-proxy-x-aPI-key', 'mine'],
    ],
    ['header', 'x-api-key', ['X-Api-Key', 'mine', 'x-api-key', 'mine']],
    ['bearer', 'authorization', ['x-pd-proxy-authorization', 'Bearer mine']],
    ['bearer', 'authorization', ['X-Pd-Proxy-AUTHORIZATION', 'Basic mine', 'x-pd-proxy-Authorization', 'mine']],
    ['basic', 'authorization', ['x-pd-proxy-Authorization', 'Basic mine']],
    ['oauth', 'authorization', ['x-pd-proxy-Authorization', 'Bearer mine']],
    ['cookie', 'cookie', ['Cookie', 'session=mine', 'cookie', 'session=mine']],
  ])('never arrives with %s: %s %j', async (placement, name, headers) => {
    const head = await sent(placement, headers)
    expect(valuesOf(head, name)).toHaveLength(1)
    expect(head).not.toContain('mine')
  })

  it.each([
    '?api_key=mine',
    '?a=1&api_key=mine&b=2&api_key=mine',
    '?api%5Fkey=mine',
    '?%61%70%69_%6b%65%79=mine',
    '?API_KEY=mine&Api_Key=mine',
    '?api_key',
    '?api_key=&api_key==mine',
  ])('never arrives in the query: %s', async (query) => {
    const head = await sent('query', [], `/x${query}`)
    const url = head.split(' ')[1] ?? ''
    expect(url.match(/key/gi)).toHaveLength(1)
    expect(url).not.toContain('mine')
    expect(url).toContain(`api_key=${encodeURIComponent(town.credentials.query)}`)
  })

  it.each(['?next=https://c.example/?', '?a=1&?', '??'])(
    'never takes in the credential behind it: %s',
    async (query) => {
      const head = await sent('query', [], `/x${query}`)
      expect(head.split(' ')[1]).toBe(`/x${query}&api_key=${encodeURIComponent(town.credentials.query)}`)
    },
  )

  it('never arrives by the query of the proxy’s own URL', async () => {
    const head = await sent('query', [], '/x?keep=%2F+1', '&api_key=mine&API%5FKEY=mine&also=kept')
    const url = head.split(' ')[1] ?? ''
    expect(url).toBe(`/x?keep=%2F+1&also=kept&api_key=${encodeURIComponent(town.credentials.query)}`)
  })

  it('arrives where the app uses another place', async () => {
    const head = await sent('query', ['x-pd-proxy-x-api-key', 'mine', 'x-pd-proxy-authorization', 'Bearer mine'])
    expect([valuesOf(head, 'x-api-key'), valuesOf(head, 'authorization')]).toEqual([['mine'], ['Bearer mine']])
    seen = upstream.heads.length
    expect((await sent('header', [], '/x?api_key=mine')).split(' ')[1]).toBe('/x?api_key=mine')
  })
})

describe('what is between the caller and this server', () => {
  it('stays there', async () => {
    const outer = [
      'Cookie',
      'a=b',
      'X-Forwarded-For',
      '10.0.0.1',
      'X-Forwarded-Host',
      'evil.example',
      'Forwarded',
      'for=10.0.0.1',
      'X-Real-Ip',
      '10.0.0.1',
      'X-Pd-Environment',
      'production',
      'X-Pd-Sdk-Version',
      '1',
      'X-Fern-Language',
      'JavaScript',
      'Connection-Id',
      'c',
      'Provider-Config-Key',
      'p',
      'Origin',
      'https://evil.example',
      'Referer',
      'https://evil.example',
      'User-Agent',
      'evil/1',
      'Accept',
      'evil/evil',
      'Accept-Encoding',
      'gzip',
      'Accept-Language',
      'xx',
      'Te',
      'trailers',
      'Proxy-Authorization',
      'Basic eA==',
      'Proxy-Connection',
      'keep-alive',
      'Keep-Alive',
      'timeout=5',
      'Expect-Ct',
      'x',
      'Sec-Fetch-Mode',
      'cors',
      'Upgrade-Insecure-Requests',
      '1',
      'Http2-Settings',
      'AAMAAABk',
      'X-Anything',
      'evil',
      'Range',
      'bytes=0-1',
      'If-None-Match',
      '"evil"',
      'Content-Encoding',
      'gzip',
      'X-Http-Method-Override',
      'DELETE',
    ] // prettier-ignore
    const head = await sent('header', outer)
    const names = headersOf(head).map(([name]) => name.toLowerCase())
    expect(names.sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent', 'via', 'x-api-key'])
    expect(head).not.toMatch(/evil|gzip/)
    expect(head).not.toContain(town.key)
  })

  it('a name keeps what stands behind one prefix', async () => {
    const head = await sent('header', ['x-pd-proxy-x-pd-proxy-x', '1', 'X-Pd-Proxy-Range', 'bytes=0-1'])
    expect(valuesOf(head, 'x-pd-proxy-x')).toEqual(['1'])
    expect(valuesOf(head, 'range')).toEqual(['bytes=0-1'])
  })

  it.each([
    'Host',
    'hoST',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Upgrade',
    'TE',
    'Trailer',
    'Cookie',
    'Via',
    'Expect',
    'Proxy-Authorization',
    'Sec-Fetch-Mode',
    'Keep-Alive',
    'Accept-Encoding',
  ])('x-pd-proxy-%s is refused before anything is sent', async (name) => {
    const answer = await town.call('header', '/x', { headers: [`x-pd-proxy-${name}`, '1'] })
    expect([answer.status, answer.json()]).toEqual([
      400,
      { error: `Unsupported header: ${name}`, code: 'unsupported_header' },
    ])
    expect(upstream.heads.length).toBe(seen)
  })

  it('exactly one Host goes up, the target’s', async () => {
    expect(valuesOf(await sent('header', []), 'host')).toEqual([`127.0.0.1:${upstream.port}`])
  })
})
