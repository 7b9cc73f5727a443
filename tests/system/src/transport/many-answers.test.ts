import { createHash } from 'node:crypto'
import { createServer as createPlainServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { Cancellation, parseTarget, type Transport, undiciTransport } from '@proxy/core'
import { selfSignedCertificate } from '@proxy/test-support'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const { certificate, key } = selfSignedCertificate()
const kibibyte = 1024
/** Around the bounds of a short read, a TLS record, a held answer and a read of the system. */
const sizes = [0, 1, 700, 8 * kibibyte - 200, 8 * kibibyte + 1, 16 * kibibyte, 64 * kibibyte - 150, 300 * kibibyte]
const pieceSizes = [3_000_000, 40_000, 5_000]

/** Bytes that no other answer has at the same place. */
function bodyOf(name: string, size: number): Buffer {
  const block = createHash('sha512').update(name).digest()
  return Buffer.alloc(size, block)
}

/** `/name?size=…&piece=…`, in pieces of that size, each in a turn of its own. */
const answerAsAsked: RequestListener = (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://upstream')
  const body = bodyOf(pathname.slice(1), Number(searchParams.get('size')))
  const piece = Number(searchParams.get('piece'))
  const write = async (): Promise<void> => {
    if (searchParams.get('framing') === 'length') response.setHeader('content-length', body.length)
    for (let at = 0; at < body.length; at += piece) {
      response.write(body.subarray(at, at + piece))
      await turn()
    }
    response.end()
  }
  void write()
}

/** Takes a piece at a time, and its time for each. */
class SlowReader extends Writable {
  readonly #pieces: Buffer[] = []

  constructor() {
    super({ highWaterMark: 2_000 })
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#pieces.push(piece)
    setImmediate(() => setImmediate(done))
  }

  body(): Buffer {
    return Buffer.concat(this.#pieces)
  }
}

describe.each(['http', 'https'] as const)('many answers at a time over %s', (protocol) => {
  const server =
    protocol === 'http' ? createPlainServer(answerAsAsked) : createTlsServer({ cert: certificate, key }, answerAsAsked)
  let transport: Transport
  let origin: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `${protocol}://localhost:${(server.address() as AddressInfo).port}`
    transport = undiciTransport({
      network: { allowPrivate: ['127.0.0.1'], hosts: { localhost: '127.0.0.1' }, ca: [certificate] },
      connectionsPerOrigin: 12,
      queueTimeoutMs: 30_000,
    })
  })
  afterAll(async () => {
    await transport.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  /** The body as a reader at once, or as one that takes its time, gets it. */
  async function get(path: string, isSlow: boolean): Promise<Buffer> {
    const request = {
      method: 'GET',
      target: parseTarget(origin + path),
      headers: [],
      body: undefined,
      bodyLength: undefined,
      identity: undefined,
    }
    const limits = { headTimeoutMs: 20_000, bodyIdleTimeoutMs: 20_000 }
    const response = await transport.send(request, limits, new Cancellation())
    if (!isSlow) return response.collect(10_000_000)
    const reader = new SlowReader()
    const isRead = new Promise((resolve) => reader.once('finish', resolve))
    await response.pipe(reader)
    await isRead
    return reader.body()
  }

  it('come to those who asked for them, whole and in order', async () => {
    const asked = sizes.flatMap((size) =>
      pieceSizes.flatMap((piece) =>
        ['length', 'chunks'].flatMap((framing) =>
          [false, true].map((isSlow) => ({
            size,
            piece,
            framing,
            isSlow,
            name: `${size}-${piece}-${framing}-${isSlow}`,
          })),
        ),
      ),
    )
    const wrong = await Promise.all(
      asked.map(async ({ name, size, piece, framing, isSlow }) => {
        const body = await get(`/${name}?size=${size}&piece=${piece}&framing=${framing}`, isSlow)
        return body.equals(bodyOf(name, size)) ? [] : [`${name}: ${body.length} bytes`]
      }),
    )
    expect(asked).toHaveLength(96)
    expect(wrong.flat()).toEqual([])
  })
})
