import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { TextResponse } from './text-response.js'

interface Answer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: Buffer
}

let answering: Answer | undefined
let thrown: unknown
let answerWith: ((response: ServerResponse) => void) | undefined

function respond({ headers: asked, socket }: IncomingMessage, response: ServerResponse): void {
  // Whatever the answer says about its connection, the exchange ends behind the second one.
  if (asked.connection === 'close') response.once('finish', () => socket.end())
  if (answerWith !== undefined) {
    answerWith(response)
    return
  }
  const { status, headers, body } = answering ?? { status: 500, headers: [], body: Buffer.alloc(0) }
  try {
    response.writeHead(status, [...headers])
    response.end(body)
  } catch (error) {
    thrown = error
    response.destroy()
  }
}

function serving(settings: object): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 0, ...settings }, respond)
  server.listen(0, '127.0.0.1')
  return once(server, 'listening').then(() => server)
}

const servers = Promise.all([serving({}), serving({ ServerResponse: TextResponse })])
afterAll(async () => {
  for (const server of await servers) server.close()
})

/** Everything that comes back, and what writing the answer threw. */
async function exchange(server: Server, answer: Answer, method = 'GET', version = '1.1') {
  answering = answer
  thrown = undefined
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `${method} / HTTP/${version}\r\nhost: a\r\n\r\n${method} / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
  )
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  const sent = Buffer.concat(chunks).toString('latin1')
  // The second at which Node wrote its own date is no difference.
  return { sent: sent.replace(/^Date: .*$/gm, 'Date: now'), code: (thrown as { code?: string } | undefined)?.code }
}

async function both(answer: Answer, method?: string, version?: string) {
  const [plain, text] = await servers
  return [await exchange(plain, answer, method, version), await exchange(text, answer, method, version)] as const
}

const name = fc.oneof(
  fc.constantFrom('Content-Type', 'set-cookie', 'Set-Cookie', 'etag', 'Server', 'keep-alive', 'x-a', 'cookie'),
  fc.constantFrom('date', 'Date', 'connection', 'Connection', 'Transfer-Encoding', 'trailer', 'expect', 'bad name', ''),
  fc.string({ unit: fc.constantFrom(...'ab-!#\u00e9\n'), maxLength: 5 }),
)
const value = fc.oneof(
  fc.constantFrom('close', 'keep-alive', 'chunked', 'timeout=5', 'text/plain', ''),
  fc.string({ unit: fc.constantFrom(...'a "\t\u00e9\u00ff'), maxLength: 8 }),
  fc.constantFrom('a\r\nx: 1', 'a\nb', '\u0000', '\u010a', '\u007f'),
)
const body = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(new Uint8Array(9_000).fill(200)))
const answers = fc
  .record({
    status: fc.constantFrom(200, 201, 204, 304, 404),
    pairs: fc.array(fc.tuple(name, value), { maxLength: 8 }),
    body: body.map((bytes) => Buffer.from(bytes)),
    length: fc.constantFrom('none', 'first', 'last'),
  })
  .map(({ status, pairs, body: bytes, length }): Answer => {
    const own: [string, string][] = length === 'none' ? [] : [['content-length', String(bytes.length)]]
    const all = length === 'first' ? [...own, ...pairs] : [...pairs, ...own]
    return { status, headers: all.flat(), body: bytes }
  })

describe('TextResponse', () => {
  it('sends what the class of Node sends, and refuses what it refuses', async () => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(
        answers,
        fc.constantFrom('GET', 'HEAD'),
        fc.constantFrom('1.1', '1.0'),
        async (answer, method, version) => {
          const [plain, text] = await both(answer, method, version)
          expect(text).toEqual(plain)
          if (plain.code !== undefined) refused += 1
        },
      ),
      { numRuns: 600 },
    )
    expect(refused).toBeGreaterThan(50)
    expect(refused).toBeLessThan(550)
  })

  it.each([
    ['a name with a space', ['x a', '1']],
    ['a value that ends its line', ['x-a', '1\r\nset-cookie: a=b']],
    ['a value whose low bytes would end the line', ['x-a', '1\u010d\u010aset-cookie: a=b']],
    ['a value that is no text', ['x-a', undefined as unknown as string]],
  ])('refuses %s, and sends its neighbour', async (_, headers) => {
    const [, text] = await both({ status: 200, headers: ['x-b', '2', ...headers], body: Buffer.from('body') })
    expect(text.code).toMatch(/^ERR_(INVALID|HTTP_INVALID)/)
    expect(text.sent).toBe('')
    const [, twin] = await both({ status: 200, headers: ['x-b', '2'], body: Buffer.from('body') })
    expect(twin.sent).toMatch(/^HTTP\/1\.1 200 OK\r\nx-b: 2\r\n/)
  })

  it('tells when a short body is out, and dates the answer in place of one that was refused', async () => {
    let told = 0
    answerWith = (response) => {
      expect(() => response.writeHead(200, ['date', 'then', 'trailer', 'x', 'content-length', '1'])).toThrow()
      response.writeHead(500, ['content-length', '2'])
      response.end(Buffer.from('no'), undefined as unknown as BufferEncoding, () => {
        told += 1
      })
    }
    const [plain, text] = await both({ status: 500, headers: [], body: Buffer.alloc(0) })
    answerWith = undefined
    expect(text).toEqual(plain)
    expect(text.sent).toContain('Date: now')
    expect(told).toBe(4)
  })

  it('keeps the bytes of a file name, which the class of Node turns from UTF-8 to Latin-1 behind a length', async () => {
    const disposition = 'attachment; filename="caf\u00c3\u00a9.txt"'
    const headers = ['content-length', '4', 'content-disposition', disposition]
    const [plain, text] = await both({ status: 200, headers, body: Buffer.from('body') })
    expect(text.sent).toContain(`content-disposition: ${disposition}\r\n`)
    expect(plain.sent).not.toContain(disposition)
  })
})
