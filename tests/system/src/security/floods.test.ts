import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../engine/raw-upstream.js'
import { project, startTown, type Town } from './town.js'
import { exchange, readAnswer } from './wire.js'

let upstream: RawUpstream
let town: Town

beforeAll(async () => {
  upstream = await startRawUpstream()
  // An upstream may answer before it has the whole body, and that answer counts: to "/silent" it never does.
  upstream.script = (socket, head) => {
    if (!head.includes(' /silent ')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  }
  town = await startTown({
    upstreamPort: upstream.port,
    config: { limits: { project: 'none', requestHeadTimeout: '1s', bodyIdleTimeout: '1s', maxRequestBody: '1MiB' } },
  })
})

afterAll(async () => {
  await town.server.stop()
  await upstream.stop()
})

function request(lines: readonly string[], start = `GET ${town.path('header', '/x')}`, body = ''): string {
  const head = [`${start} HTTP/1.1`, 'Host: proxy', `Authorization: Bearer ${town.key}`, 'Connection: close', ...lines]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

async function outcome(bytes: string): Promise<readonly [number, string | undefined]> {
  const answer = readAnswer(await exchange(town.server.port, bytes))
  return [answer.status, answer.values('x-proxy-error')[0]]
}

const many = (count: number, line: (number: number) => string) => Array.from({ length: count }, (_, n) => line(n))

describe('a request at its limits', () => {
  it.each<[string, () => string, number, string | undefined]>([
    ['120 fields', () => request(many(120, (n) => `x-${n}: 1`)), 200, undefined],
    ['129 fields', () => request(many(129, (n) => `x-${n}: 1`)), 431, 'headers_too_large'],
    ['5,000 fields', () => request(many(5_000, () => 'x: 1')), 431, 'headers_too_large'],
    ['31 KiB of fields', () => request([`x: ${'y'.repeat(31 * 1024)}`]), 200, undefined],
    ['one field of 33 KiB', () => request([`x: ${'y'.repeat(33 * 1024)}`]), 431, 'headers_too_large'],
    ['one field name of 33 KiB', () => request([`${'x'.repeat(33 * 1024)}: y`]), 431, 'headers_too_large'],
    [
      'a megabyte of fields',
      () => request(many(100, (n) => `x-${n}: ${'y'.repeat(10_000)}`)),
      431,
      'headers_too_large',
    ],
    ['a target of 15 KiB', () => request([], `GET ${town.path('header', `/${'x'.repeat(11_000)}`)}`), 200, undefined],
    ['a target of 17 KiB', () => request([], `GET /${'x'.repeat(17 * 1024)}`), 414, 'uri_too_long'],
    ['a target of a megabyte', () => request([], `GET /${'x'.repeat(1024 * 1024)}`), 414, 'uri_too_long'],
    [
      'a body of the limit',
      () => request(['Content-Length: 1048576'], `POST ${town.path('header', '/x')}`, 'x'.repeat(1_048_576)),
      200,
      undefined,
    ],
    [
      'a body above it',
      () => request(['Content-Length: 1048577'], `POST ${town.path('header', '/x')}`, 'x'.repeat(1_048_577)),
      413,
      'payload_too_large',
    ],
    [
      'a body of 9 PB',
      () => request(['Content-Length: 9007199254740991'], `POST ${town.path('header', '/x')}`),
      400,
      'invalid_request',
    ],
    [
      'a body of 100 TB',
      () => request(['Content-Length: 100000000000000'], `POST ${town.path('header', '/x')}`),
      413,
      'payload_too_large',
    ],
    [
      'a management body above its limit',
      () =>
        request(
          ['Content-Length: 1048576', 'Content-Type: application/json'],
          `POST /v1/connect/${project}/accounts`,
          'x'.repeat(1_048_576),
        ),
      413,
      'payload_too_large',
    ],
    [
      'a form above its limit',
      () =>
        request(
          ['Content-Length: 70000', 'Content-Type: application/x-www-form-urlencoded'],
          'POST /v1/oauth/token',
          `a=${'x'.repeat(69_998)}`,
        ),
      413,
      'payload_too_large',
    ],
  ])('%s is answered as it should', async (_, bytes, status, code) => {
    expect(await outcome(bytes())).toEqual([status, code])
  }) // prettier-ignore

  it('chunks without end are cut at the limit of a body', async () => {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const bytes = request(['Transfer-Encoding: chunked'], `POST ${town.path('header', '/silent')}`, chunk.repeat(64))
    expect(await outcome(bytes)).toEqual([413, 'payload_too_large'])
  })

  it('chunk extensions without end are refused', async () => {
    const bytes = request(
      ['Transfer-Encoding: chunked'],
      `POST ${town.path('header', '/x')}`,
      `1;${'e'.repeat(1_000_000)}`,
    )
    expect((await outcome(bytes))[0]).toBe(400)
  })

  it('trailers without end are refused or dropped', async () => {
    const trailers = many(100_000, (n) => `t-${n}: 1`).join('\r\n')
    const bytes = request(
      ['Transfer-Encoding: chunked'],
      `POST ${town.path('header', '/x')}`,
      `0\r\n${trailers}\r\n\r\n`,
    )
    expect([200, 400, 431, 502]).toContain((await outcome(bytes))[0])
  })
})

/** The longest that the server kept a caller waiting who asked for nothing, while `work` was done. */
async function longestPause(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let isOver = false
  const watcher = (async () => {
    while (!isOver) {
      const start = performance.now()
      await exchange(town.server.port, 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      longest = Math.max(longest, performance.now() - start)
    }
  })()
  await work()
  isOver = true
  await watcher
  return longest
}

describe('what looks hard to read', () => {
  const spaces = ' '.repeat(30_000)
  const basic = (text: string) =>
    request([`Authorization: ${text}`], 'POST /v1/oauth/token').replace(`Authorization: Bearer ${town.key}\r\n`, '')
  const json = (body: string, path = `/v1/connect/${project}/accounts?external_user_id=u`) =>
    request([`Content-Length: ${body.length}`, 'Content-Type: application/json'], `POST ${path}`, body)
  const query = (text: string) => request([], `GET ${town.path('header', '/x')}&${text}`)

  it.each<[string, () => string]>([
    ['a bearer value of spaces', () => basic(`Bearer ${spaces}x y`)],
    ['a Basic value of padding', () => basic(`Basic ${'='.repeat(30_000)}`)],
    ['a Basic value of spaces', () => basic(`Basic ${'a'.repeat(10_000)}${spaces.slice(0, 15_000)}!`)],
    ['a Connection of commas', () => request([`Connection: ${','.repeat(30_000)}`])],
    [
      'a Connection of names',
      () =>
        request([`Connection: ${many(5_000, (n) => `x${n}`).join(',')}`, ...many(100, (n) => `x-pd-proxy-y${n}: 1`)]),
    ],
    [
      'a traceparent of hyphens',
      () => request([`traceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-01${'-'.repeat(30_000)}\t`]),
    ],
    ['a query of ampersands', () => query('&'.repeat(15_000))],
    ['a query of percent signs', () => query('%'.repeat(15_000))],
    ['a query of one name', () => query('a=&'.repeat(5_000))],
    ['a target of dots', () => request([], `GET ${town.path('header', `/${'../'.repeat(3_000)}`)}`)],
    ['a target of encoded dots', () => request([], `GET ${town.path('header', `/${'%2e%2e/'.repeat(1_500)}`)}`)],
    ['a target of labels', () => request([], `GET ${town.path('header', `https://${'a.'.repeat(5_000)}com`)}`)],
    ['a target of hyphens', () => request([], `GET ${town.path('header', `https://${'a-'.repeat(5_000)}.com`)}`)],
    ['a path of slashes', () => request([], `GET ${'/'.repeat(1)}v1${'/'.repeat(15_000)}connect`)],
    ['a path of segments', () => request([], `GET /v1/connect/${'a/'.repeat(7_000)}`)],
    ['JSON of brackets', () => json('['.repeat(250_000))],
    ['JSON of objects', () => json('{"a":'.repeat(50_000))],
    ['JSON of keys', () => json(`{${many(15_000, (n) => `"k${n}":1`).join(',')}}`)],
    [
      'JSON of fields',
      () =>
        json(
          JSON.stringify({
            app_slug: 'header',
            cfmap_json: JSON.stringify(Object.fromEntries(many(5_000, (n) => `f${n}`).map((name) => [name, 'v']))),
          }),
        ),
    ],
    [
      'a long image',
      () =>
        json(
          JSON.stringify({ logo: `data:image/png;base64,${'A'.repeat(199_000)}!` }),
          `/v1/connect/projects/${project}/logo`,
        ),
    ],
    [
      'a long address',
      () => json(JSON.stringify({ support_email: `${'a.'.repeat(50_000)}@` }), '/v1/connect/projects'),
    ],
    [
      'scopes without end',
      () =>
        json(
          JSON.stringify({ grant_type: 'client_credentials', scope: 'connect:proxy '.repeat(4_000) }),
          '/v1/oauth/token',
        ),
    ],
  ])('%s is answered at once and keeps nobody waiting', async (_, bytes) => {
    let status = 0
    const pause = await longestPause(async () => {
      ;[status] = await outcome(bytes())
    })
    expect(status).toBeGreaterThanOrEqual(200)
    expect(status).not.toBe(500)
    // A machine at work takes its time; anything that grows with the square would take many seconds.
    expect(pause).toBeLessThan(1_500)
  }) // prettier-ignore
})

describe('many who send nothing useful', () => {
  it('are closed in time, and others are served meanwhile', async () => {
    const sockets = Array.from({ length: 400 }, (_, number) => {
      const socket = connect(town.server.port, '127.0.0.1').on('error', () => undefined)
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
      const [first, drop] = slow[number % slow.length] ?? ['', '']
      socket.resume().write(first)
      const drip = setInterval(() => socket.write(drop), 150)
      return { closed: closed.then(() => clearInterval(drip)), socket }
    })
    let served = 0
    const pause = await longestPause(async () => {
      await Promise.all(
        sockets.map(async ({ closed }) => {
          await closed
          served += 1
        }),
      )
    })
    expect(served).toBe(400)
    expect(pause).toBeLessThan(1_500)
    expect((await town.call('header', '/x')).status).toBe(200)
  })

  /** What each sends first, and what it sends again and again: never enough. */
  const slow: readonly (readonly [string, string])[] = [
    ['', ''],
    ['G', ''],
    ['GET / HTTP/1.1\r\n', 'x'],
    ['GET / HTTP/1.1\r\nHost: x\r\n', 'x-a: b\r\n'],
    ['POST /v1/oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{', ''],
    ['POST /v1/oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n', ''],
  ]
})
