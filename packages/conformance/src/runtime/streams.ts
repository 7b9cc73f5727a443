import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { isPending, settled } from '../wire/settles.js'
import { type Bench, readAnswer, readHead } from './runtime-under-test.js'

const get1 = 'GET / HTTP/1.1\r\nhost: h\r\n\r\n'

interface Promised<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
}

function promised<T>(): Promised<T> {
  let resolve = (_: T): void => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve: (value) => resolve(value) }
}

export function testStreams(get: () => Bench, streamsRequests: boolean): void {
  describe('an answer that streams', () => {
    it('shows its head before there is a body, and each piece as it is written', async () => {
      const { onCall, connect } = get()
      const opened = promised<Writable>()
      onCall(async (_, open) => opened.resolve(open({ status: 200, headers: ['content-type', 'text/event-stream'] })))
      const peer = await connect(get1)
      const body = await opened.promise
      expect((await readHead(peer)).status).toBe(200)
      body.write('data: 1\n\n')
      expect(await peer.readUntil('data: 1\n\n')).toContain('data: 1')
      body.write('data: 2\n\n')
      expect(await peer.readUntil('data: 2\n\n')).toContain('data: 2')
      body.end()
      await peer.readUntil('0\r\n\r\n')
    })

    it('is held back by a caller that does not read, and arrives whole at one that does', async () => {
      const { onCall, connect } = get()
      const total = 64 * 1024 * 1024
      let written = 0
      onCall(async (_, open) => {
        const body = open({ status: 200, headers: ['content-length', String(total)] })
        while (written < total) {
          const isReady = body.write(Buffer.alloc(64 * 1024, written / (64 * 1024)))
          written += 64 * 1024
          if (!isReady) await once(body, 'drain')
        }
        body.end()
      })
      const peer = await connect(get1)
      await readHead(peer)
      expect(await settled(() => written)).toBeLessThan(total / 2)
      for (let read = 0; read < total; read += 1024 * 1024) {
        const piece = await peer.readBytes(1024 * 1024)
        expect(piece[0]).toBe((read / (64 * 1024)) & 255)
      }
      expect(written).toBe(total)
    })

    it.each([
      ['with a length', ['content-length', '1000']],
      ['without a length', []],
    ])('%s that is cut never looks complete', async (_, headers) => {
      const { onCall, connect } = get()
      const opened = promised<Writable>()
      onCall(async (_call, open) => opened.resolve(open({ status: 200, headers: [...headers] })))
      const peer = await connect(get1)
      const body = await opened.promise
      body.write('half of it')
      await readHead(peer)
      await peer.readUntil('half of it')
      body.destroy()
      const rest = await peer.readRest()
      expect(rest.toString()).not.toContain('0\r\n\r\n')
      await peer.closed
    })
  })

  describe.runIf(streamsRequests)('a body that streams', () => {
    it('is there piece by piece, before its end', async () => {
      const { onCall, connect } = get()
      const pieces: string[] = []
      const first = promised<void>()
      onCall(async (call, open) => {
        for await (const piece of call.body ?? []) {
          pieces.push(String(piece))
          first.resolve()
        }
        open({ status: 200, headers: [] }).end(pieces.join('|'))
      })
      const peer = await connect('POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nfirst')
      await first.promise
      expect(pieces).toEqual(['first'])
      await peer.write('later')
      expect((await readAnswer(peer)).body.toString()).toBe('first|later')
    })

    it('is held back by a handler that does not read', async () => {
      const { onCall, connect } = get()
      const total = 64 * 1024 * 1024
      const arrived = promised<Readable>()
      const answered = promised<void>()
      let bytes = 0
      onCall(async (call, open) => {
        if (call.body === undefined) throw new Error('There is no body')
        arrived.resolve(call.body)
        await answered.promise
        for await (const piece of call.body) bytes += piece.length
        open({ status: 200, headers: [] }).end('done')
      })
      const peer = await connect(`POST / HTTP/1.1\r\nhost: h\r\ncontent-length: ${total}\r\n\r\n`)
      await arrived.promise
      let sent = 0
      const sending = (async () => {
        for (; sent < total; sent += 1024 * 1024) await peer.write(Buffer.alloc(1024 * 1024))
      })()
      expect(await settled(() => sent)).toBeLessThan(total / 2)
      answered.resolve()
      expect((await readAnswer(peer)).body.toString()).toBe('done')
      await sending
      expect(bytes).toBe(total)
    })

    it('that nobody reads does not stop the answer', async () => {
      const { onCall, connect } = get()
      onCall(async (_, open) => {
        open({ status: 401, headers: [] }).end('no')
      })
      const peer = await connect('POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000\r\n\r\npart')
      expect(await readAnswer(peer)).toMatchObject({ status: 401, body: Buffer.from('no') })
    })

    it('that the caller cuts fails', async () => {
      const { onCall, connect } = get()
      const failed = promised<unknown>()
      const started = promised<void>()
      onCall(async (call, open) => {
        call.body?.on('error', failed.resolve)
        call.body?.on('end', () => failed.resolve('ended as if it were whole'))
        call.body?.once('data', () => started.resolve())
        await failed.promise
        open({ status: 400, headers: [] }).end()
      })
      const peer = await connect('POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\npart')
      await started.promise
      peer.socket.destroy()
      expect(await failed.promise).toBeInstanceOf(Error)
    })
  })

  describe('a caller that leaves', () => {
    it.each([
      ['before the head', false],
      ['during the body', true],
    ])('%s is told of once', async (_, opens) => {
      const { onCall, connect } = get()
      const left = promised<void>()
      const begun = promised<void>()
      let times = 0
      onCall(async (call, open) => {
        call.onCallerLeft(() => {
          times += 1
          left.resolve()
        })
        const body = opens ? open({ status: 200, headers: [] }) : undefined
        body?.write('begun')
        begun.resolve()
        await left.promise
        body?.destroy()
      })
      const peer = await connect(get1)
      await begun.promise
      if (opens) await peer.readUntil('begun')
      expect(times).toBe(0)
      peer.socket.destroy()
      await left.promise
      expect(await settled(() => times)).toBe(1)
    })

    it('after the whole answer is not told of', async () => {
      const { onCall, connect } = get()
      const left = promised<void>()
      onCall(async (call, open) => {
        call.onCallerLeft(() => left.resolve())
        open({ status: 200, headers: [] }).end('whole')
      })
      const peer = await connect(get1)
      expect((await readAnswer(peer)).body.toString()).toBe('whole')
      peer.socket.destroy()
      expect(await isPending(left.promise)).toBe(true)
    })
  })
}
