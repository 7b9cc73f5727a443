import { type AddressInfo, createServer as createPlainServer, type Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { Cancellation, parseTarget, type Transport, type UpstreamRequest, undiciTransport } from '@proxy/core'
import { selfSignedCertificate } from '@proxy/test-support'
import { afterEach, describe, expect, it, vi } from 'vitest'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const { certificate, key } = selfSignedCertificate()

/** What the upstream speaks on, and the TCP connection under it. */
type Speak = (stream: Socket, connection: Socket) => void

describe.each(['http', 'https'] as const)('over %s', (protocol) => {
  /** An upstream that speaks when the first bytes of a request have come. */
  async function upstream(speak: Speak): Promise<string> {
    const server =
      protocol === 'http' ? createPlainServer({ noDelay: true }) : createTlsServer({ cert: certificate, key })
    const connections: Socket[] = []
    server.on('connection', (connection: Socket) => connections.push(connection))
    server.on(protocol === 'http' ? 'connection' : 'secureConnection', (stream: Socket) => {
      const connection = connections.find(({ remotePort }) => remotePort === stream.remotePort) ?? stream
      stream.on('error', () => undefined)
      connection.on('error', () => undefined)
      stream.once('readable', () => speak(stream, connection))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUps.push(() => {
      for (const connection of connections) connection.destroy()
      return new Promise((resolve) => server.close(resolve))
    })
    return `${protocol}://localhost:${(server.address() as AddressInfo).port}/`
  }

  function transport(): Transport {
    const made = undiciTransport({
      network: { allowPrivate: ['127.0.0.1'], hosts: { localhost: '127.0.0.1' }, ca: [certificate] },
    })
    cleanUps.push(() => made.close())
    return made
  }

  function send(through: Transport, url: string, request: Partial<UpstreamRequest> = {}) {
    const whole = {
      method: 'GET',
      target: parseTarget(url),
      headers: [],
      body: undefined,
      bodyLength: undefined,
      identity: undefined,
      ...request,
    }
    return through.send(whole, { headTimeoutMs: 5_000, bodyIdleTimeoutMs: 5_000 }, new Cancellation())
  }

  describe('a body that the end of its connection ends', () => {
    const heads = ['HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.0 200 OK\r\n\r\n']

    /** The body as far as it came, once the rest of it is the doing of `end`. */
    async function read(head: string, end: (stream: Socket, connection: Socket) => void) {
      let finish = (): void => undefined
      const url = await upstream((stream, connection) => {
        finish = () => end(stream, connection)
        stream.write(`${head}part one`)
      })
      const response = await send(transport(), url)
      const sink = new PassThrough()
      sink.on('error', () => undefined)
      let text = ''
      sink.on('data', (chunk: Buffer) => {
        if (text === '') finish()
        text += chunk
      })
      const ending = await response.pipe(sink).then(
        () => 'whole',
        (error: unknown) => error,
      )
      return { text, ending, isEnded: sink.writableEnded }
    }

    it.each(heads)('is cut by a reset: %j', async (head) => {
      const { text, ending, isEnded } = await read(head, (_, connection) => connection.resetAndDestroy())
      expect([text, isEnded]).toEqual(['part one', false])
      expect(ending).toMatchObject({ code: 'upstream_connect' })
    })

    it.each(heads)('is whole when the connection ends in order: %j', async (head) => {
      const { text, ending, isEnded } = await read(head, (stream) => stream.end(', part two'))
      expect([text, ending, isEnded]).toEqual(['part one, part two', 'whole', true])
    })
  })
  describe('an upload whose connection is reset before a write of it', () => {
    const early = 'HTTP/1.1 413 Content Too Large\r\n'

    /** The answer to an upload; `cut` decides what happens in the turn before the next write. */
    async function upload(answer: string, cut: (connection: Socket) => void, body: Readable) {
      const url = await upstream((stream, connection) => {
        if (answer !== '') stream.write(answer)
        cut(connection)
        body.push(Buffer.alloc(100_000))
      })
      body.push(Buffer.alloc(1_000))
      try {
        const response = await send(transport(), url, { method: 'POST', body, bodyLength: 1_000_000 })
        return `${response.status} ${await response.collect(100)}`
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error
      }
    }

    function openBody(): Readable {
      const body = new Readable({ read() {} })
      body.on('error', () => undefined)
      cleanUps.push(() => body.destroy())
      return body
    }

    const reset = (connection: Socket) => connection.resetAndDestroy()

    it.each([
      ['with a length', `${early}content-length: 3\r\nconnection: close\r\n\r\nbig`],
      ['that lets the connection stay', `${early}content-length: 3\r\n\r\nbig`],
      ['in chunks', `${early}transfer-encoding: chunked\r\n\r\n3\r\nbig\r\n0\r\n\r\n`],
    ])('still gets the answer that came before, one %s', async (_, answer) => {
      expect(await upload(answer, reset, openBody())).toBe('413 big')
      expect(await upload(answer, () => undefined, openBody())).toBe('413 big')
    })

    it.each([
      ['no answer', ''],
      ['half a head', early],
      ['a part of the body', `${early}content-length: 4\r\n\r\nbig`],
      ['a body that the end of the connection ends', `${early}connection: close\r\n\r\nbig`],
    ])('fails when that is %s, and its body is dropped', async (_, answer) => {
      const body = openBody()
      expect(await upload(answer, reset, body)).toMatch(/^upstream_(connect|protocol)$/)
      await vi.waitFor(() => expect(body.destroyed).toBe(true))
    })

    it('leaves no reset connection to the next call', async () => {
      const body = openBody()
      let calls = 0
      const url = await upstream((stream, connection) => {
        calls += 1
        stream.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
        if (calls > 1) return
        connection.resetAndDestroy()
        body.push(Buffer.alloc(1_000))
        body.push(null)
      })
      const through = transport()
      body.push(Buffer.alloc(1_000))
      const first = await send(through, url, { method: 'POST', body, bodyLength: 2_000 })
      expect(String(await first.collect(2))).toBe('ok')
      const second = await send(through, url, { method: 'POST', body: Buffer.from('x') })
      expect(String(await second.collect(2))).toBe('ok')
      expect(calls).toBe(2)
    })
  })
})
