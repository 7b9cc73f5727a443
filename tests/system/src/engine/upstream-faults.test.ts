import { createServer } from 'node:net'
import { PassThrough } from 'node:stream'
import { manualClock } from '@proxy/conformance'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from './raw-upstream.js'
import { type Engine, startEngine } from './start-engine.js'

const clock = manualClock(1_000_000)
let upstream: RawUpstream
let engine: Engine

beforeEach(async () => {
  upstream = await startRawUpstream()
  engine = await engineFor(upstream.port)
})

afterEach(async () => {
  await upstream.stop()
  await engine.close()
})

function engineFor(port: number): Promise<Engine> {
  return startEngine({
    apps: [
      {
        name_slug: 'raw',
        name: 'Raw',
        auth_type: 'keys',
        custom_fields: [{ name: 'key', type: 'password' }],
        connect: { base_proxy_target_url: `http://localhost:${port}` },
        auth: [{ kind: 'bearer', token: '{{custom_fields.key}}' }],
      },
    ],
    accounts: [{ id: 'apn_raw', app: 'raw', customFields: { key: 'canary' } }],
    allowPrivate: [`127.0.0.1:${port}`],
    clock,
  })
}

function get(method = 'GET') {
  return engine.call({ target: '/x', account: 'apn_raw', method })
}

/** Moves the clock until the promise settles, a second at a time. */
async function passing<T>(promise: Promise<T>, limitMs: number): Promise<{ value: T; passedMs: number }> {
  let settled = false
  const done = promise.finally(() => {
    settled = true
  })
  let passedMs = 0
  while (!settled && passedMs < limitMs) {
    await realPause()
    if (settled) break
    clock.advance(250)
    passedMs += 250
  }
  return { value: await done, passedMs }
}

/** Lets sockets do their work; the clock under test does not move by it. */
function realPause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 4))
}

async function untilSent(count: number): Promise<void> {
  while (upstream.heads.length < count) await realPause()
}

async function untilClosed(): Promise<void> {
  while (upstream.open > 0) await realPause()
}

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

describe('before the head', () => {
  it('a refused connection is upstream_connect', async () => {
    const probe = createServer()
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    const address = probe.address()
    await new Promise((resolve) => probe.close(resolve))
    const dead = await engineFor(typeof address === 'object' && address !== null ? address.port : 0)
    const answer = await dead.call({ target: '/x', account: 'apn_raw' })
    expect([answer.status, answer.header('x-code')]).toEqual([502, 'upstream_connect'])
    await dead.close()
  })

  it('a reset is upstream_connect, sent once, and the next call works', async () => {
    upstream.script = (socket) => socket.resetAndDestroy()
    const answer = await get()
    expect([answer.status, answer.header('x-code')]).toEqual([502, 'upstream_connect'])
    expect(upstream.heads).toHaveLength(1)
    upstream.script = (socket) => socket.write(ok)
    expect(String((await get()).body)).toBe('ok')
  })

  it('a closed socket in the middle of the head is a 502', async () => {
    upstream.script = (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')
    expect((await get()).status).toBe(502)
  })

  it('a slow head is upstream_timeout at 30 s, and its socket is closed', async () => {
    upstream.script = () => undefined
    const pending = get()
    await untilSent(1)
    const { value, passedMs } = await passing(pending, 40_000)
    expect([value.status, value.header('x-code')]).toEqual([504, 'upstream_timeout'])
    expect(passedMs).toBeGreaterThanOrEqual(29_750)
    expect(passedMs).toBeLessThanOrEqual(30_250)
    await untilClosed()
  })

  it('a head just before the deadline is relayed', async () => {
    upstream.script = () => undefined
    const pending = get()
    await untilSent(1)
    clock.advance(29_000)
    upstream.script = (socket) => socket.write(ok)
    // A second call on another connection makes the script run; the first is answered by hand below.
    const second = get()
    await untilSent(2)
    expect((await second).status).toBe(200)
    clock.advance(2_000)
    expect((await pending).status).toBe(504)
  })
})

describe('after the head', () => {
  it.each([
    ['reset', (socket: import('node:net').Socket) => socket.resetAndDestroy()],
    ['truncated', (socket: import('node:net').Socket) => socket.end()],
  ])('a %s body cuts the answer, never ends it', async (_name, end) => {
    upstream.script = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nsome', () => setTimeout(() => end(socket), 20))
    }
    const answer = await get()
    expect([answer.status, answer.cut]).toEqual([200, true])
    expect(String(answer.body)).toBe('some')
  })

  it('a bad chunk cuts the answer, or is a 502 when it comes with the head', async () => {
    const start = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nsome\r\n'
    upstream.script = (socket) => socket.write(start, () => setTimeout(() => socket.write('zz\r\n'), 20))
    expect((await get()).cut).toBe(true)
    upstream.script = (socket) => socket.write(`${start}zz\r\n`)
    const answer = await get()
    expect([answer.status, answer.header('x-code'), answer.cut]).toEqual([502, 'upstream_protocol', false])
  })

  it('an idle body is cut after 30 s, and one that goes on is not', async () => {
    upstream.script = (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsome')
    const idle = await passing(get(), 40_000)
    expect(idle.value.cut).toBe(true)
    expect(idle.passedMs).toBeGreaterThanOrEqual(29_000)

    const sockets: import('node:net').Socket[] = []
    upstream.script = (socket) => {
      sockets.push(socket)
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nab')
    }
    const slow = get()
    while (sockets.length === 0) await realPause()
    for (const part of ['cd', 'ef']) {
      await realPause()
      clock.advance(20_000)
      await realPause()
      sockets[0]?.write(part)
      await realPause()
    }
    expect(String((await slow).body)).toBe('abcdef')
  })

  it('is relayed byte for byte when it is chunked', async () => {
    upstream.script = (socket) =>
      socket.write('HTTP/1.1 206 Partial\r\ntransfer-encoding: chunked\r\n\r\n4\r\nsome\r\n3\r\nmor\r\n0\r\n\r\n')
    const answer = await get()
    expect([answer.status, String(answer.body), answer.cut]).toEqual([206, 'somemor', false])
  })
})

describe('a kept-alive socket that the upstream has closed', () => {
  async function withReusedSocket(): Promise<void> {
    upstream.script = (socket, _head, index) => {
      if (index === 0) socket.write(ok)
      else if (index === 1) socket.resetAndDestroy()
      else socket.write(ok)
    }
    expect((await get()).status).toBe(200)
  }

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])('%s is sent again once', async (method) => {
    await withReusedSocket()
    expect((await get(method)).status).toBe(200)
    expect(upstream.heads).toHaveLength(3)
  })

  it.each(['POST', 'PATCH'])('%s is never sent twice', async (method) => {
    await withReusedSocket()
    const answer = await engine.call({ target: '/x', account: 'apn_raw', method, body: 'payment' })
    expect([answer.status, answer.header('x-code')]).toEqual([502, 'upstream_connect'])
    expect(upstream.heads).toHaveLength(2)
  })
})

describe('uploads', () => {
  it('an early answer is relayed at once and the rest of the upload dropped', async () => {
    upstream.script = (socket) =>
      socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig')
    const body = new PassThrough()
    body.write(Buffer.alloc(100_000))
    const answer = await engine.call({ target: '/x', account: 'apn_raw', method: 'POST', body, bodyLength: 10_000_000 })
    expect([answer.status, String(answer.body), answer.cut]).toEqual([413, 'big', false])
    body.destroy()
  })

  it('a stalled upload is the caller’s fault, one that moves is not', async () => {
    upstream.script = () => undefined
    const body = new PassThrough()
    const pending = engine.call({ target: '/x', account: 'apn_raw', method: 'POST', body, bodyLength: 1_000_000 })
    for (let part = 0; part < 3; part++) {
      body.write(Buffer.alloc(1000))
      await realPause()
      clock.advance(20_000)
    }
    const { value } = await passing(pending, 40_000)
    expect([value.status, value.header('x-code')]).toEqual([400, 'invalid_request'])
  })

  it.each([
    [29_000, [200, undefined]],
    [30_000, [504, 'upstream_timeout']],
  ])('a head %i ms after the last byte of an upload of 40 s: %j', async (afterMs, wanted) => {
    const sockets: import('node:net').Socket[] = []
    upstream.script = (socket) => sockets.push(socket)
    const body = new PassThrough()
    const pending = engine.call({ target: '/x', account: 'apn_raw', method: 'POST', body, bodyLength: 200_000 })
    for (const sent of [100_000, 200_000]) {
      clock.advance(20_000)
      body.write(Buffer.alloc(100_000))
      while ((sockets[0]?.bytesRead ?? 0) < sent) await realPause()
    }
    body.end()
    await realPause()
    clock.advance(afterMs)
    sockets[0]?.write(ok)
    const answer = await pending
    expect([answer.status, answer.header('x-code')]).toEqual(wanted)
  })
})
