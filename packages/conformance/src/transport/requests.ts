import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { settled } from '../wire/settles.js'
import type { Bench } from './transport-under-test.js'

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'

export function testRequests(get: () => Bench): void {
  describe('a request', () => {
    it('goes out with its raw path and its headers in order, duplicates included', async () => {
      const { send, upstream } = get()
      const headers = ['x-one', '1', 'accept', '*/*', 'x-one', '2', 'authorization', 'Bearer t', 'x-empty', '']
      const sending = send('/a%2Fb/%2e%2e/c;d?x=1&x=%20&y', { headers })
      const peer = await upstream.connection()
      const lines = (await peer.readUntil('\r\n\r\n')).trimEnd().split('\r\n')
      await peer.write(ok)
      expect((await sending).status).toBe(200)
      expect(lines[0]).toBe('GET /a%2Fb/%2e%2e/c;d?x=1&x=%20&y HTTP/1.1')
      const fields = lines.slice(1).map((line) => /^([^:]+): ?(.*)$/.exec(line)?.slice(1) ?? [])
      expect(fields.filter(([name]) => name?.toLowerCase() === 'host')).toEqual([
        [expect.anything(), `127.0.0.1:${upstream.port}`],
      ])
      const own = fields.filter(([name = '']) => !/^(host|connection|content-length|transfer-encoding)$/i.test(name))
      expect(own.flatMap(([name = '', value = '']) => [name.toLowerCase(), value])).toEqual(headers)
    })

    it('without a body announces none', async () => {
      const { send, upstream } = get()
      const sending = send('/', { method: 'GET' })
      const peer = await upstream.connection()
      expect(await peer.readUntil('\r\n\r\n')).not.toMatch(/transfer-encoding|content-length: [1-9]/i)
      await peer.write(ok)
      await sending
    })

    it.each([
      ['bytes', () => ({ body: Buffer.from('hello') }), 5],
      [
        'a stream of known length',
        () => ({ body: Readable.from([Buffer.from('hel'), Buffer.from('lo')]), bodyLength: 5 }),
        5,
      ],
    ])('with %s says their length', async (_, make, length) => {
      const { send, upstream } = get()
      const sending = send('/', { method: 'POST', ...make() })
      const peer = await upstream.connection()
      expect(await peer.readUntil('\r\n\r\n')).toMatch(new RegExp(`content-length: ${length}\r\n`, 'i'))
      expect((await peer.readBytes(length)).toString()).toBe('hello')
      await peer.write(ok)
      expect((await sending).status).toBe(200)
    })

    it('with a stream of unknown length is chunked, and each piece leaves as it comes', async () => {
      const { send, upstream } = get()
      const body = new Readable({ read() {} })
      const sending = send('/', { method: 'PUT', body })
      const peer = await upstream.connection()
      body.push('first')
      expect(await peer.readUntil('\r\n\r\n')).toMatch(/transfer-encoding: chunked\r\n/i)
      expect(await peer.readUntil('first')).toMatch(/5\r\nfirst$/)
      body.push('second')
      expect(await peer.readUntil('second')).toMatch(/6\r\nsecond$/)
      body.push(null)
      expect(await peer.readUntil('0\r\n\r\n')).toMatch(/\r\n0\r\n\r\n$/)
      await peer.write(ok)
      expect((await sending).status).toBe(200)
    })

    it('takes no more of its body than the upstream reads', async () => {
      const { send, upstream } = get()
      const total = 64 * 1024 * 1024
      const digest = createHash('sha256')
      let made = 0
      const body = new Readable({
        read() {
          if (made >= total) {
            this.push(null)
            return
          }
          const chunk = Buffer.alloc(64 * 1024, made / (64 * 1024))
          digest.update(chunk)
          made += chunk.length
          this.push(chunk)
        },
      })
      const sending = send('/', { method: 'POST', body, bodyLength: total })
      const peer = await upstream.connection()
      await peer.readUntil('\r\n\r\n')
      expect(await settled(() => made)).toBeLessThan(total / 2)
      const received = createHash('sha256')
      for (let left = total; left > 0; ) {
        const piece = await peer.readBytes(Math.min(left, 1024 * 1024))
        received.update(piece)
        left -= piece.length
      }
      await peer.write(ok)
      expect((await sending).status).toBe(200)
      expect(received.digest('hex')).toBe(digest.digest('hex'))
    })

    it('gets an answer that comes before its body has ended', async () => {
      const { send, upstream } = get()
      const body = new Readable({ read() {} })
      body.on('error', () => {})
      const sending = send('/', { method: 'POST', body })
      const peer = await upstream.connection()
      body.push('part')
      await peer.readUntil('part')
      await peer.write('HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig')
      const response = await sending
      expect(response.status).toBe(413)
      expect((await response.collect(10)).toString()).toBe('big')
    })
  })
}
