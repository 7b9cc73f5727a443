import { once } from 'node:events'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { send } from '../../testing/exchange.js'
import { startRawUpstream } from '../../testing/raw-upstream.js'
import { undiciTransport } from './undici.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** Takes nothing after its first piece until it is opened. */
class GatedReader extends Writable {
  readonly #pieces: Buffer[] = []
  #open: () => void = () => undefined
  readonly #isOpen = new Promise<void>((resolve) => {
    this.#open = resolve
  })

  constructor() {
    super({ highWaterMark: 16 })
  }

  open(): void {
    this.#open()
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString()
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#pieces.push(piece)
    void this.#isOpen.then(done)
  }
}

const short = 'x'.repeat(2_000)
const long = 'y'.repeat(300_000)
const headOf = (...lines: string[]): string => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`
const inChunks = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`

describe('an upstream that closes while the reader of its answer is not ready', () => {
  it.each([
    ['after a body that the end of the connection ends', headOf(), short, short],
    ['after a long body that the end of the connection ends', headOf(), long, long],
    ['after all of its length', headOf('Connection: close', 'Content-Length: 2000'), short, short],
    ['after the last chunk', headOf('Connection: close', 'Transfer-Encoding: chunked'), inChunks(short), short],
    ['on a connection that was to stay', headOf('Content-Length: 300000'), long, long],
  ])('%s: nothing is lost', async (_, head, body, wanted) => {
    const { reader, piped } = await answer(head, body)
    await Promise.all([piped, finished(reader)])
    expect(reader.text()).toBe(wanted)
  })

  it.each([
    ['before all of its length', headOf('Connection: close', 'Content-Length: 2001'), short],
    ['before the last chunk', headOf('Transfer-Encoding: chunked'), inChunks(short).slice(0, -5)],
  ])('%s: the answer is cut', async (_, head, body) => {
    const { piped } = await answer(head, body)
    await expect(piped).rejects.toMatchObject({ code: expect.stringMatching(/^upstream_/) })
  })

  /** Head, body and FIN, each when the one before has been taken; only then the reader is opened. */
  async function answer(head: string, body: string): Promise<{ reader: GatedReader; piped: Promise<void> }> {
    let isClosed: Promise<unknown> = Promise.resolve()
    const upstream = await startRawUpstream(async ({ socket }) => {
      isClosed = once(socket, 'finish')
      socket.write(head)
      await pause(20)
      socket.write(body)
      await pause(20)
      socket.end()
    })
    const transport = undiciTransport({ network: { allowPrivate: ['127.0.0.1'] } })
    cleanUps.push(
      () => upstream.stop(),
      () => transport.close(),
    )
    const response = await send(transport, `http://127.0.0.1:${upstream.port}/`)
    const reader = new GatedReader()
    const piped = response.pipe(reader)
    piped.catch(() => undefined)
    await isClosed
    await pause(20)
    reader.open()
    return { reader, piped }
  }
})
