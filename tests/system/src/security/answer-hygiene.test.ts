import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../engine/raw-upstream.js'
import { type Placement, startTown, type Town } from './town.js'
import { exchange, readAnswer, type WireAnswer } from './wire.js'

let upstream: RawUpstream
let town: Town

beforeAll(async () => {
  upstream = await startRawUpstream()
  town = await startTown({ upstreamPort: upstream.port, app: { redirects: 'manual' } })
})

afterAll(async () => {
  await town.server.stop()
  await upstream.stop()
})

interface Asked {
  readonly placement?: Placement
  readonly headers?: readonly string[]
  readonly method?: string
  readonly target?: string
}

/** What a caller gets, byte for byte, when the upstream sends these bytes. */
async function relayed(bytes: string, asked: Asked = {}): Promise<WireAnswer> {
  upstream.script = (socket) => socket.write(Buffer.from(bytes, 'latin1'))
  const { placement = 'header', headers = [], method = 'GET', target = '/x' } = asked
  const lines = ['Host: proxy', `Authorization: Bearer ${town.key}`, 'Connection: close', ...headers]
  const request = `${method} ${town.path(placement, target)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
  return readAnswer(await exchange(town.server.port, request))
}

function head(...lines: string[]): string {
  return `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}content-length: 2\r\n\r\nok`
}

describe('headers of an answer', () => {
  it('lose what belongs to the connection, to cookies, to CORS and to this server', async () => {
    const answer = await relayed(
      head(
        'Connection: keep-alive, X-Listed',
        'connection: x-listed-too',
        'Keep-Alive: timeout=5',
        'X-Listed: 1',
        'X-LISTED-TOO: 1',
        'Proxy-Connection: keep-alive',
        'Proxy-Authenticate: Basic',
        'Upgrade: h2c',
        'TE: x',
        'Trailer: x-checksum',
        'Set-Cookie: a=1',
        'SET-COOKIE: b=2',
        'Set-Cookie2: c=3',
        'Alt-Svc: h3=":443"',
        'Access-Control-Allow-Origin: *',
        'access-control-expose-headers: *',
        'ACCESS-CONTROL-anything: 1',
        'X-Proxy-Error: rate_limited',
        'x-PROXY-error: x',
        'X-Request-Id: theirs',
      ), // prettier-ignore
    )
    expect(answer.status).toBe(200)
    expect(answer.headers.map(([name]) => name.toLowerCase()).sort()).toEqual([
      'connection',
      'content-length',
      'date',
      'x-request-id',
    ])
    expect(answer.values('x-request-id')).toEqual([expect.stringMatching(/^req_/)])
    expect(answer.values('connection')).toEqual(['close'])
  })

  it('keep all others, with their order, case and duplicates', async () => {
    const kept = [
      'ETag: "x"',
      'Link: <https://a.example/?page=2>; rel="next"',
      'Retry-After: 1',
      'X-Twice: 1',
      'x-twice: 2',
      'Content-Encoding: br',
      'Vary: *',
      'X-Latin: caf\xe9',
      'WWW-Authenticate: Basic',
      'Date: Tue, 01 Jan 2030 00:00:00 GMT',
      'X-Empty: ',
      'Content-Type: text/x',
    ] // prettier-ignore
    const answer = await relayed(head(...kept))
    const lines = answer.headers.map(([name, value]) => `${name}: ${value}`)
    expect(lines.slice(0, kept.length)).toEqual(kept)
  })

  it('keep the limits of the vendor, with ours beside them under other names', async () => {
    const limited = await relayed(head('X-RateLimit-Limit: 7', 'X-RateLimit-Remaining: 3', 'X-RateLimit-Reset: 1'))
    expect(limited.values('x-ratelimit-limit')).toEqual(['7'])
  })

  it.each(['br', 'gzip', 'zstd', 'compress, gzip'])('leave a body in %s as it is', async (coding) => {
    const answer = await relayed(head(`Content-Encoding: ${coding}`))
    expect([answer.values('content-encoding'), answer.body]).toEqual([[coding], 'ok'])
  })
})

describe('trailers', () => {
  it('of an answer are dropped', async () => {
    const answer = await relayed(
      'HTTP/1.1 200 OK\r\nTrailer: x-secret\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Secret: 1\r\nSet-Cookie: a=b\r\n\r\n',
    )
    expect(answer.body).toBe('2\r\nok\r\n0\r\n\r\n')
    expect(answer.values('trailer')).toEqual([])
  })
})

describe('a Location that is handed back', () => {
  it.each([
    [
      'the injected parameter',
      'query',
      (value: string) => `https://x.example/a?api_key=${value}&b=1`,
      'https://x.example/a?b=1',
    ],
    ['it in another case', 'query', (value: string) => `/a?b=1&API_KEY=${value}`, '/a?b=1'],
    ['it percent-encoded', 'query', (value: string) => `/a?api%5Fkey=${encodeURIComponent(value)}#f`, '/a#f'],
    ['the injected path', 'path', (value: string) => `/bot${value}/a?b=1`, '/a?b=1'],
    [
      'the injected path with its host',
      'path',
      (value: string) => `http://127.0.0.1:1/bot${value}/a`,
      'http://127.0.0.1:1/a',
    ],
  ] as const)('loses %s', async (_, placement, location, expected) => {
    const value = town.credentials[placement]
    for (const [status, name] of [
      [302, 'Location'],
      [201, 'LOCATION'],
      [200, 'Content-Location'],
    ]) {
      const bytes = `HTTP/1.1 ${status} X\r\n${name}: ${location(value)}\r\ncontent-length: 0\r\n\r\n`
      const answer = await relayed(bytes, { placement })
      expect([answer.status, answer.values(String(name))]).toEqual([status, [expected]])
    }
  })

  it('and a Link lose it alike', async () => {
    const value = town.credentials.query
    const link = `<https://x.example/a?api_key=${value}&page=2>; rel="next", <https://x.example/a?page=9&api_key=${value}>; rel="last"`
    const answer = await relayed(head(`Link: ${link}`), { placement: 'query' })
    expect(answer.values('link')).toEqual([
      '<https://x.example/a?page=2>; rel="next", <https://x.example/a?page=9>; rel="last"',
    ])
  })
})

describe('a Link', () => {
  it.each([
    ['in an anchor', (value: string) => `</a?page=2>; rel="next"; anchor="https://x.example/?api_key=${value}"`],
    ['in a target that never ends', (value: string) => `</a?page=2>; rel="next", </a?api_key=${value}`],
    ['in a text', (value: string) => `</a?page=2>; rel="next"; title="${encodeURIComponent(value)}"`],
  ])('with the credential %s is dropped, and with another text kept', async (_, link) => {
    const answer = await relayed(head(`Link: ${link(encodeURIComponent(town.credentials.query))}`), {
      placement: 'query',
    })
    expect([answer.status, answer.values('link')]).toEqual([200, []])
    const theirs = await relayed(head(`Link: ${link('theirs')}`), { placement: 'query' })
    expect(theirs.values('link')).toEqual([link('theirs')])
  })
})

describe('odd header bytes of an upstream', () => {
  it.each([
    ['a control character in a value', 'X-Odd: a\x01b'],
    ['a DEL in a value', 'X-Odd: a\x7fb'],
    ['a NUL in a value', 'X-Odd: a\x00b'],
    ['a bare CR', 'X-Odd: a\rb: c'],
    ['a space in a name', 'X Odd: a'],
    ['no name', ': a'],
    ['a folded line', 'X-Odd: a\r\n b'],
    ['a colon-less line', 'X-Odd'],
  ])('%s end in a relay or a clean 502, and the next call works', async (_, line) => {
    const answer = await relayed(head(line, 'X-Last: 1'))
    expect([200, 502]).toContain(answer.status)
    if (answer.status === 502) expect(answer.values('x-proxy-error')).toEqual(['upstream_protocol'])
    expect((await relayed(head('X-Fine: 1'))).status).toBe(200)
  })
})
