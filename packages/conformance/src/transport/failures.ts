import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { Cancellation, parseTarget } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { isPending } from '../wire/settles.js'
import { type Bench, bodyIdleTimeoutMs, headTimeoutMs, type MakeTransport } from './transport-under-test.js'

export function testFailures(get: () => Bench, makeTransport: MakeTransport): void {
  describe('a call', () => {
    it('to an address that is not allowed is refused without a connection', async () => {
      const { clock, upstream } = get()
      const guarded = makeTransport({ clock, allowPrivate: [] })
      const request = {
        method: 'GET',
        target: parseTarget(`http://127.0.0.1:${upstream.port}/`),
        headers: [],
        body: undefined,
        bodyLength: undefined,
        identity: undefined,
      }
      const sending = guarded.send(request, { headTimeoutMs, bodyIdleTimeoutMs }, new Cancellation())
      await expect(sending).rejects.toMatchObject({ code: 'target_denied' })
      expect(upstream.connectionCount).toBe(0)
      await guarded.close()
    })

    it('to a closed port fails with nothing sent', async () => {
      const closedPort = await freePort()
      const sending = get().send('/', { target: parseTarget(`http://127.0.0.1:${closedPort}/`) })
      await expect(sending).rejects.toMatchObject({ code: 'upstream_connect', nothingSent: true })
    })

    it.each([
      ['is reset', (socket: { resetAndDestroy(): unknown }) => socket.resetAndDestroy()],
      ['is closed', (socket: { end(): unknown }) => socket.end()],
    ])('whose connection %s before the head fails, with something sent', async (_, end) => {
      const { send, upstream } = get()
      const sending = send('/')
      const peer = await upstream.connection()
      await peer.readUntil('\r\n\r\n')
      end(peer.socket)
      await expect(sending).rejects.toMatchObject({
        code: expect.stringMatching(/^upstream_/),
        nothingSent: false,
        reusedSocket: false,
      })
    })

    it.each([
      ['not HTTP', 'hello\r\n\r\n'],
      ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!'],
      ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
      [
        'a protocol that nobody asked for',
        'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      ],
      ['a status out of range', 'HTTP/1.1 600 Odd\r\ncontent-length: 0\r\n\r\n'],
    ])('answered with %s fails as a breach of protocol', async (_, answer) => {
      const { send, upstream } = get()
      const sending = send('/')
      const peer = await upstream.connection()
      await peer.readUntil('\r\n\r\n')
      await peer.write(answer).catch(() => {})
      await expect(sending).rejects.toMatchObject({ code: 'upstream_protocol' })
      peer.socket.resume()
      await peer.closed
    })

    it('without a head fails at the deadline and closes the connection; a head just before it is taken', async () => {
      const { send, upstream, clock } = get()
      const late = send('/')
      const peer = await upstream.connection()
      await peer.readUntil('\r\n\r\n')
      clock.advance(headTimeoutMs - 1_000)
      expect(await isPending(late)).toBe(true)
      clock.advance(1_000 + 200)
      await expect(late).rejects.toMatchObject({ code: 'upstream_timeout' })
      peer.socket.resume()
      await peer.closed

      const inTime = send('/')
      const other = await upstream.connection()
      await other.readUntil('\r\n\r\n')
      clock.advance(headTimeoutMs - 1_000)
      await other.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
      expect((await inTime).status).toBe(200)
    })

    it('that the caller leaves before the head ends at once, upstream too', async () => {
      const { send, upstream } = get()
      const cancellation = new Cancellation()
      const sending = send('/', {}, cancellation)
      const peer = await upstream.connection()
      await peer.readUntil('\r\n\r\n')
      cancellation.cancel()
      await expect(sending).rejects.toThrow()
      peer.socket.resume()
      await peer.closed
    })

    it('that the caller left before it began never reaches the upstream', async () => {
      const { send, upstream } = get()
      const cancellation = new Cancellation()
      cancellation.cancel()
      await expect(send('/', {}, cancellation)).rejects.toThrow()
      expect(upstream.connectionCount === 0 || (await (await upstream.connection()).readRest()).length === 0).toBe(true)
    })

    it('that the caller leaves during the upload ends upstream', async () => {
      const { send, upstream } = get()
      const cancellation = new Cancellation()
      const body = new Readable({ read() {} })
      body.on('error', () => {})
      const sending = send('/', { method: 'POST', body }, cancellation)
      const peer = await upstream.connection()
      body.push('part')
      await peer.readUntil('part')
      cancellation.cancel()
      await expect(sending).rejects.toThrow()
      expect((await peer.readRest()).toString()).not.toContain('0\r\n\r\n')
    })

    it('whose own body breaks never looks complete upstream', async () => {
      const { send, upstream } = get()
      const body = new Readable({ read() {} })
      const sending = send('/', { method: 'POST', body })
      const peer = await upstream.connection()
      body.push('part')
      await peer.readUntil('part')
      body.destroy(new Error('broken'))
      await expect(sending).rejects.toThrow()
      expect((await peer.readRest()).toString()).not.toContain('0\r\n\r\n')
    })
  })

  describe('a body', () => {
    it.each([
      ['with a length', 'content-length: 10\r\n\r\nhello', (socket: { end(): unknown }) => socket.end()],
      ['in chunks', 'transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n', (socket: { end(): unknown }) => socket.end()],
      ['that is reset', 'content-length: 10\r\n\r\nhello', (s: { resetAndDestroy(): unknown }) => s.resetAndDestroy()],
      [
        'up to the end of the connection',
        'connection: close\r\n\r\nhello',
        (socket: { resetAndDestroy(): unknown }) => socket.resetAndDestroy(),
      ],
    ])('%s that is cut fails, and its sink is destroyed, not ended', async (_, rest, cut) => {
      const { peer, response } = await get().exchange(`HTTP/1.1 200 OK\r\n${rest}`)
      const sink = new PassThrough()
      sink.on('error', () => {})
      const piping = response.pipe(sink)
      const failing = expect(piping).rejects.toThrow()
      cut(peer.socket)
      await failing
      expect(sink.destroyed).toBe(true)
      expect(sink.writableFinished).toBe(false)
    })

    it('that stops coming fails after the idle limit, and one that goes on does not', async () => {
      const { exchange, clock } = get()
      const { peer, response } = await exchange('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n')
      const sink = new PassThrough()
      sink.on('error', () => {})
      const piping = response.pipe(sink)
      const failing = expect(piping).rejects.toThrow()
      for (let byte = 0; byte < 3; byte += 1) {
        clock.advance(bodyIdleTimeoutMs - 1_000)
        const arrived = new Promise((resolve) => sink.once('data', resolve))
        await peer.write('x')
        await arrived
      }
      expect(await isPending(piping)).toBe(true)
      clock.advance(bodyIdleTimeoutMs * 2 + 200)
      await failing
      peer.socket.resume()
      await peer.closed
    })

    it('whose sink is destroyed closes the connection', async () => {
      const { peer, response } = await get().exchange('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello')
      const sink = new PassThrough()
      sink.on('error', () => {})
      const failing = expect(response.pipe(sink)).rejects.toThrow()
      await new Promise((resolve) => sink.once('data', resolve))
      sink.destroy()
      await failing
      peer.socket.resume()
      await peer.closed
    })
  })
}

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
