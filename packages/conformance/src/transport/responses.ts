import { createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { isPending, settled } from '../wire/settles.js'
import { createSlowSink } from '../wire/slow-sink.js'
import type { Bench } from './transport-under-test.js'

export function testResponses(get: () => Bench): void {
  describe('a response', () => {
    it('has its headers as they came: order, case, duplicates and bytes', async () => {
      const { response } = await get().exchange(
        'HTTP/1.1 203 Whatever\r\nX-B: 1\r\nSet-Cookie: a=1\r\nx-a: caf\u00e9\r\nset-cookie: b=2\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n',
      )
      expect(response.status).toBe(203)
      expect(response.headers).toEqual([
        'X-B',
        '1',
        'Set-Cookie',
        'a=1',
        'x-a',
        'caf\u00e9',
        'set-cookie',
        'b=2',
        'X-Empty',
        '',
        'Content-Length',
        '0',
      ])
      expect(await response.collect(0)).toHaveLength(0)
    })

    it('is there with its head, while its body is still to come', async () => {
      const { peer, response } = await get().exchange('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n')
      const sink = new PassThrough()
      const piping = response.pipe(sink)
      await peer.write('hello')
      await peer.write('world')
      await piping
      expect((await buffer(sink)).toString()).toBe('helloworld')
    })

    it.each([
      ['with a length', 'content-length: 5\r\n\r\nhello', false],
      ['in chunks', 'transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;ext=1\r\nllo\r\n0\r\n\r\n', false],
      ['up to the end of the connection', 'connection: close\r\n\r\nhello', true],
      ['in chunks, with trailers', 'transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-trailer: 1\r\n\r\n', false],
      ['encoded, as it is', 'content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello', false],
    ])('%s has its body whole', async (_, rest, ends) => {
      const { peer, response } = await get().exchange(`HTTP/1.1 200 OK\r\n${rest}`)
      if (ends) peer.socket.end()
      expect((await response.collect(5)).toString()).toBe('hello')
    })

    it.each([
      ['HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n'],
      ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
      ['GET', 'HTTP/1.1 304 Not Modified\r\netag: "x"\r\n\r\n'],
    ])('to %s without a body ends with its head: %j', async (method, answer) => {
      const { response } = await get().exchange(answer, { method })
      expect(await response.collect(0)).toHaveLength(0)
    })

    it('is the final one: what is interim is not told', async () => {
      const { response } = await get().exchange(
        'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n',
      )
      expect(response.status).toBe(201)
      expect(response.headers).not.toContain('link')
      expect(await response.collect(0)).toHaveLength(0)
    })

    it('that redirects is handed over, not followed', async () => {
      const { upstream, exchange } = get()
      const { response } = await exchange('HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n')
      expect(response.status).toBe(302)
      expect(await response.collect(0)).toHaveLength(0)
      expect(upstream.connectionCount).toBe(1)
    })

    it('is read no faster than its sink takes it, and arrives byte for byte', async () => {
      const total = 64 * 1024 * 1024
      const { peer, response } = await get().exchange(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`)
      let sent = 0
      const digest = createHash('sha256')
      const sending = (async () => {
        while (sent < total) {
          const chunk = Buffer.alloc(256 * 1024, sent / (256 * 1024))
          digest.update(chunk)
          await peer.write(chunk)
          sent += chunk.length
        }
      })()
      const sink = createSlowSink()
      const piping = response.pipe(sink.writable)
      await sink.first
      expect(await settled(() => sent)).toBeLessThan(total / 2)
      expect(sink.bytes).toBeLessThan(1024 * 1024)
      sink.release()
      await Promise.all([sending, piping])
      expect(sink.bytes).toBe(total)
      expect(sink.digest()).toBe(digest.digest('hex'))
    })

    it('that is longer than may be collected is refused', async () => {
      const { response } = await get().exchange('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello!')
      await expect(response.collect(5)).rejects.toMatchObject({ code: 'upstream_protocol' })
    })

    it('that nobody wants does not stop the next call', async () => {
      const { exchange, send, upstream } = get()
      const { peer, response } = await exchange('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello')
      response.discard()
      const sending = send('/next')
      const next = await Promise.race([
        upstream.connection(),
        peer.readUntil('\r\n\r\n').then(
          () => peer,
          () => upstream.connection(),
        ),
      ])
      await next.write('HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n')
      const answer = await sending
      expect(answer.status).toBe(202)
      expect(await answer.collect(0)).toHaveLength(0)
    })

    it('leaves its connection to the next call', async () => {
      const { exchange, send, upstream } = get()
      const { peer, response } = await exchange('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi')
      await response.collect(2)
      const sending = send('/second')
      expect(await peer.readUntil('\r\n\r\n')).toContain('GET /second ')
      await peer.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nthere')
      expect((await (await sending).collect(5)).toString()).toBe('there')
      expect(upstream.connectionCount).toBe(1)
    })

    it('in flight is waited for when the transport closes', async () => {
      const { exchange, transport } = get()
      const { peer, response } = await exchange('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n')
      const collecting = response.collect(5)
      const closing = transport.close()
      expect(await isPending(closing)).toBe(true)
      await peer.write('hello')
      expect((await collecting).toString()).toBe('hello')
      await closing
      await peer.closed
    })
  })
}
