import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { afterEach, describe, expect, it } from 'vitest'
import { exchange, type Outcome } from '../../testing/exchange.js'
import { startRawUpstream } from '../../testing/raw-upstream.js'
import { undiciTransport } from './undici.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** What the upstream does with a connection after its bytes. */
type After = 'waits' | 'ends'

interface Report {
  readonly outcome: Outcome
  /** The request after it. */
  readonly next: Outcome
  /** Whether that went over the same connection. */
  readonly isReused: boolean
  readonly durationMs: number
}

/** Has these bytes sent as the answer to one request, in one piece or byte by byte, and then a good answer to the next. */
async function answerWith(
  bytes: string,
  {
    method = 'GET',
    after = 'waits',
    pieces = 'one',
  }: { method?: string; after?: After; pieces?: 'one' | 'bytes' } = {},
): Promise<Report> {
  const upstream = await startRawUpstream(async ({ socket }, head) => {
    if (head.includes('/next')) return void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext')
    if (pieces === 'one') socket.write(bytes, 'latin1')
    else await dribble(socket, bytes)
    if (after === 'ends') socket.end()
  })
  const transport = undiciTransport({ network: { allowPrivate: ['127.0.0.1'] } })
  cleanUps.push(
    () => upstream.stop(),
    () => transport.close(),
  )
  const url = `http://127.0.0.1:${upstream.port}`
  const startedAt = performance.now()
  const outcome = await exchange(transport, `${url}/first`, { method, ...(method === 'POST' && { body: 'upload' }) })
  const durationMs = performance.now() - startedAt
  let next = await exchange(transport, `${url}/next`)
  // The connection was kept and its end was on its way: the engine sends such a request once more.
  if (after === 'ends' && next.kind === 'refused') next = await exchange(transport, `${url}/next`)
  return { outcome, next, isReused: upstream.connections.length === 1, durationMs }
}

/** One write for each byte, each in a turn of its own. */
async function dribble(socket: Socket, bytes: string): Promise<void> {
  for (const byte of bytes) {
    if (socket.destroyed) return
    socket.write(byte, 'latin1')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const good = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const head = (...lines: string[]): string => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`
const chunked = head('Transfer-Encoding: chunked')
const nextIsGood = { kind: 'relayed', status: 200, body: 'next' }

describe.each(['one', 'bytes'] as const)('an answer that arrives in pieces of: %s', (pieces) => {
  it.each<[string, string, number, string, { method?: string; after?: After; reused?: boolean }?]>([
    ['a plain one', good, 200, 'ok'],
    ['after 100', `HTTP/1.1 100 Continue\r\n\r\n${good}`, 200, 'ok'],
    ['after 100 without a reason', `HTTP/1.1 100\r\n\r\n${good}`, 200, 'ok'],
    [
      'after 100 with headers',
      `HTTP/1.1 100 Continue\r\nA: HTTP/1.1 100\r\nContent-Length: 5\r\n\r\n${good}`,
      200,
      'ok',
    ],
    ['after several 100', `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(5)}${good}`, 200, 'ok'],
    ['after 100 and an empty line', `HTTP/1.1 100 Continue\r\n\r\n\r\n${good}`, 200, 'ok'],
    ['after 100 to an upload', `HTTP/1.1 100 Continue\r\n\r\n${good}`, 200, 'ok', { method: 'POST' }],
    ['after 102', `HTTP/1.1 102 Processing\r\n\r\n${good}`, 200, 'ok'],
    [
      'after 103 and 100',
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${good}`,
      200,
      'ok',
    ],
    ['after 103 with a length', `HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n${good}`, 200, 'ok'],
    ['after an empty line', `\r\n${good}`, 200, 'ok'],
    [
      'whose body looks like a head',
      head('Content-Length: 25').concat('HTTP/1.1 100 Continue\r\n\r\n'),
      200,
      'HTTP/1.1 100 Continue\r\n\r\n',
    ],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 204, ''],
    ['204 with Content-Length: 0', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', 204, ''],
    ['204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', 204, '', { reused: false }],
    ['204 chunked', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n', 204, ''],
    ['304', 'HTTP/1.1 304 Not Modified\r\n\r\n', 304, ''],
    [
      '304 with a length',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "a"\r\n\r\n',
      304,
      '',
      { reused: false },
    ],
    ['304 chunked', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n', 304, ''],
    ['to HEAD with a length', head('Content-Length: 5'), 200, '', { method: 'HEAD', reused: false }],
    [
      'to HEAD after 100',
      `HTTP/1.1 100 Continue\r\n\r\n${head('Content-Length: 5')}`,
      200,
      '',
      { method: 'HEAD', reused: false },
    ],
    ['to HEAD with a body', good, 200, '', { method: 'HEAD', reused: false }],
    ['chunked', `${chunked}2\r\nok\r\n0\r\n\r\n`, 200, 'ok'],
    ['chunked with extensions', `${chunked}2;a="b"\r\nok\r\n0\r\n\r\n`, 200, 'ok'],
    ['chunked with trailers', `${chunked}2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n`, 200, 'ok'],
    ['until the end of the connection', head().concat('ok'), 200, 'ok', { after: 'ends', reused: false }],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 200, 'ok', { reused: false }],
    ['that says close', head('Connection: close', 'Content-Length: 2').concat('ok'), 200, 'ok', { reused: false }],
    [
      'that offers an upgrade',
      head('Connection: upgrade', 'Upgrade: h2c', 'Content-Length: 2').concat('ok'),
      200,
      'ok',
    ],
    ['599', 'HTTP/1.1 599 Huh\r\nContent-Length: 2\r\n\r\nok', 599, 'ok'],
  ])('%s is relayed and leaves the connection as it should be', async (_, bytes, status, body, options = {}) => {
    const { reused = true, ...delivery } = options
    const { outcome, next, isReused } = await answerWith(bytes, { ...delivery, pieces })
    expect(outcome).toMatchObject({ kind: 'relayed', status, body })
    expect(next).toMatchObject(nextIsGood)
    expect(isReused).toBe(reused)
  })

  it.each<[string, string, { after?: After }?]>([
    ['two lengths', head('Content-Length: 2', 'Content-Length: 3').concat('ok!')],
    ['the same length twice', head('Content-Length: 2', 'Content-Length: 2').concat('ok')],
    ['a list of lengths', head('Content-Length: 2, 2').concat('ok')],
    ['a length that is no number', head('Content-Length: +2').concat('ok')],
    ['a length beyond all numbers', head('Content-Length: 99999999999999999999').concat('ok')],
    ['a length and a coding', head('Content-Length: 2', 'Transfer-Encoding: chunked').concat('2\r\nok\r\n0\r\n\r\n')],
    ['a coding and a length', head('Transfer-Encoding: chunked', 'Content-Length: 2').concat('2\r\nok\r\n0\r\n\r\n')],
    ['a coding that is not chunked', head('Transfer-Encoding: xchunked').concat('2\r\nok\r\n0\r\n\r\n')],
    ['a coding below chunked', head('Transfer-Encoding: gzip, chunked').concat('2\r\nok\r\n0\r\n\r\n')],
    ['chunked twice', head('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked').concat('2\r\nok\r\n0\r\n\r\n')],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nh2'],
    ['101 and no more', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['101 after 100', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['status 099', 'HTTP/1.1 099 Huh\r\nContent-Length: 2\r\n\r\nok'],
    ['status 000', 'HTTP/1.1 000 Huh\r\nContent-Length: 2\r\n\r\nok'],
    ['status 600', 'HTTP/1.1 600 Huh\r\nContent-Length: 2\r\n\r\nok'],
    ['status 999', 'HTTP/1.1 999 Huh\r\nContent-Length: 2\r\n\r\nok'],
    ['a status of two digits', 'HTTP/1.1 20 Huh\r\nContent-Length: 2\r\n\r\nok'],
    ['a status of four digits', 'HTTP/1.1 2000 Huh\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/0.9', 'HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a body alone', 'hello world\r\n\r\n'],
    ['HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['RTSP', 'RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46'],
    ['line feeds alone', good.replaceAll('\r\n', '\n')],
    ['a lone carriage return', head('A: 1\rB: 2', 'Content-Length: 2').concat('ok')],
    ['a folded header', head('A: 1', ' 2', 'Content-Length: 2').concat('ok')],
    ['a NUL', head('A: \0', 'Content-Length: 2').concat('ok')],
    ['a space before the colon', head('Transfer-Encoding : chunked').concat('2\r\nok\r\n0\r\n\r\n')],
    ['a line that is no header', head('A', 'Content-Length: 2').concat('ok')],
    ['interim heads without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(40)],
    ['no answer', '', { after: 'ends' }],
    ['half a head', 'HTTP/1.1 200 OK\r\nConte', { after: 'ends' }],
    ['100 and no answer', 'HTTP/1.1 100 Continue\r\n\r\n', { after: 'ends' }],
  ])('%s is refused within a second', async (_, bytes, delivery) => {
    const { outcome, next, isReused, durationMs } = await answerWith(bytes, { ...delivery, pieces })
    const code = delivery?.after === 'ends' ? 'upstream_connect' : 'upstream_protocol'
    expect(outcome).toEqual({ kind: 'refused', code })
    expect(durationMs).toBeLessThan(1_000)
    expect(next).toMatchObject(nextIsGood)
    expect(isReused).toBe(false)
  })
})

describe('an answer that breaks in its body', () => {
  it.each([
    ['a bad chunk', '2\r\nok\r\nzz\r\n\r\n'],
    ['a bad first chunk', 'zz\r\n'],
    ['a chunk that ends too late', '2\r\nok!\r\n0\r\n\r\n'],
    ['a length among the trailers', '2\r\nok\r\n0\r\nContent-Length: 2\r\n\r\n'],
  ])('by %s is refused when that comes with the head, and cut when it comes later', async (_, body) => {
    const whole = await answerWith(`${chunked}${body}`)
    expect(whole.outcome).toEqual({ kind: 'refused', code: 'upstream_protocol' })
    expect(whole.next).toMatchObject(nextIsGood)
    const split = await answerWith(`${chunked}${body}`, { pieces: 'bytes' })
    expect(split.outcome).toEqual({ kind: 'cut', code: 'upstream_protocol' })
    expect(split.next).toMatchObject(nextIsGood)
  })

  it.each([
    ['a short body', head('Content-Length: 5').concat('ok')],
    ['a cut chunk', `${chunked}5\r\nok`],
    ['no last chunk', `${chunked}2\r\nok\r\n`],
  ])('by %s at the end of the connection is cut', async (_, bytes) => {
    const { outcome, next } = await answerWith(bytes, { after: 'ends' })
    expect(outcome).toEqual({ kind: 'cut', code: 'upstream_connect' })
    expect(next).toMatchObject(nextIsGood)
  })
})

describe('surplus bytes', () => {
  const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'

  it.each([
    ['another answer', `${good}${evil}`, 200],
    ['no HTTP', `${good}junk`, 200],
    ['another answer after 204', `HTTP/1.1 204 No Content\r\n\r\n${evil}`, 204],
    ['a body after 304', `HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil`, 304],
    ['a body after HEAD', good, 200, 'HEAD'],
    ['an interim head', `${good}HTTP/1.1 100 Continue\r\n\r\n`, 200],
  ])('(%s) with an answer close the connection and reach nobody', async (_, bytes, status, method = 'GET') => {
    const { outcome, next, isReused } = await answerWith(bytes, { method })
    expect(outcome).toMatchObject({ kind: 'relayed', status })
    expect(next).toMatchObject(nextIsGood)
    expect(isReused).toBe(false)
  })

  it.each([
    evil,
    'junk',
    'H',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n',
  ])('(%j) on a connection at rest close it', async (bytes) => {
    const upstream = await startRawUpstream(({ socket }) => void socket.write(good))
    const transport = undiciTransport({ network: { allowPrivate: ['127.0.0.1'] } })
    cleanUps.push(
      () => upstream.stop(),
      () => transport.close(),
    )
    const url = `http://127.0.0.1:${upstream.port}/`
    await exchange(transport, url)
    const socket = upstream.connections[0]?.socket
    if (socket === undefined) throw new Error('no connection arrived')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(bytes)
    await closed
    expect(await exchange(transport, url)).toMatchObject({ kind: 'relayed', body: 'ok' })
    expect(upstream.connections).toHaveLength(2)
  })
})

describe('a head', () => {
  const filler = (lines: number): string[] =>
    Array.from({ length: lines }, (_, index) => `X-Filler-${index}: ${'a'.repeat(80)}`)

  it('may be large', async () => {
    const { outcome } = await answerWith(head(...filler(500), 'Content-Length: 2').concat('ok'))
    expect(outcome).toMatchObject({ kind: 'relayed', body: 'ok' })
  })

  it('is refused when it floods', async () => {
    const { outcome, next } = await answerWith(head(...filler(1_000), 'Content-Length: 2').concat('ok'))
    expect(outcome).toEqual({ kind: 'refused', code: 'upstream_protocol' })
    expect(next).toMatchObject(nextIsGood)
  })

  it('of 204 tells no length, that of 304 does', async () => {
    const answers = await Promise.all(
      ['204 No Content', '304 Not Modified'].map((status) =>
        answerWith(`HTTP/1.1 ${status}\r\nContent-LENGTH: 5\r\nA: b\r\n\r\n`),
      ),
    )
    expect(answers.map(({ outcome }) => outcome)).toMatchObject([
      { headers: ['A', 'b'] },
      { headers: ['Content-LENGTH', '5', 'A', 'b'] },
    ])
  })
})

describe('the answers of a public corpus', () => {
  const file = new URL('../../../../tests/corpora/raw-http/responses.jsonl', import.meta.url)
  const corpus = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { id: string; name: string; raw_b64: string })

  it.each(corpus)('$id $name: relayed, refused or cut, and the next is unharmed', async ({ raw_b64: raw }) => {
    const bytes = Buffer.from(raw, 'base64').toString('latin1')
    for (const pieces of ['one', 'bytes'] as const) {
      const { outcome, next, durationMs } = await answerWith(bytes, { after: 'ends', pieces })
      if (outcome.kind === 'relayed')
        expect(outcome.status).toSatisfy((status: number) => status >= 200 && status < 600)
      else expect(outcome.code).toMatch(/^upstream_(protocol|connect)$/)
      expect(next).toMatchObject(nextIsGood)
      expect(durationMs).toBeLessThan(1_000)
    }
  })

  it('holds both answers that are relayed and answers that are not', async () => {
    const kinds = new Set<string>()
    for (const { raw_b64: raw } of corpus) {
      kinds.add((await answerWith(Buffer.from(raw, 'base64').toString('latin1'), { after: 'ends' })).outcome.kind)
    }
    expect(kinds).toEqual(new Set(['relayed', 'refused', 'cut']))
  })
})
