import { type AddressInfo, createServer as createPlainServer, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { Cancellation, parseTarget, type Transport, type UpstreamRequest, undiciTransport } from '@proxy/core'
import { selfSignedCertificate } from '@proxy/test-support'
import { afterEach, describe, expect, it } from 'vitest'

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
})
