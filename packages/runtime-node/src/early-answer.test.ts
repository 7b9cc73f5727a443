import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { statuses } from '../testing/raw-connection.js'
import { answerAtOnce, serve } from '../testing/serve.js'

describe('an answer given before the upload has ended', () => {
  it('arrives whole at a caller that goes on sending, and the rest is dropped', async () => {
    const { server } = await serve(answerAtOnce, { limits: { lingerMs: 5_000 } })
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    const received: Buffer[] = []
    const failures: Error[] = []
    socket.on('data', (chunk) => received.push(chunk)).on('error', (error) => failures.push(error))
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000000\r\n\r\n')
    const block = Buffer.alloc(1_000_000)
    for (let sent = 0; sent < 20; sent += 1) if (!socket.write(block)) await once(socket, 'drain')
    socket.end()
    await once(socket, 'close')
    expect(failures).toEqual([])
    expect(statuses(Buffer.concat(received).toString())).toEqual([200])
    expect(Buffer.concat(received).toString()).toMatch(/connection: close/i)
  })

  it('ends the connection of a caller that sends more than the limit', async () => {
    const { server } = await serve(answerAtOnce, { limits: { lingerBytes: 1_000_000, lingerMs: 60_000 } })
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('data', () => undefined).on('error', () => undefined)
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n')
    const block = Buffer.alloc(100_000)
    const timer = setInterval(() => socket.write(block), 1)
    await new Promise((resolve) => socket.once('close', resolve))
    clearInterval(timer)
    expect(socket.bytesWritten).toBeLessThan(0xfffffff)
  })

  it('keeps the connection when little is left', async () => {
    const { connect: connectRaw, calls } = await serve(answerAtOnce)
    const connection = await connectRaw()
    connection.send('POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n')
    await connection.until(/ok$/)
    connection.send('abcdeGET /2 HTTP/1.1\r\nHost: h\r\n\r\n')
    expect(statuses(await connection.until(/ok.*ok$/s))).toEqual([200, 200])
    expect(calls.map((call) => call.target)).toEqual(['/1', '/2'])
  })

  it('leaves a body that its reader gave up on no chance to stop the next request', async () => {
    const { connect: connectRaw } = await serve(async (call, open) => {
      call.body?.once('data', () => call.body?.pause())
      call.body?.resume()
      await new Promise((resolve) => setImmediate(resolve))
      await answerAtOnce(call, open)
    })
    const connection = await connectRaw()
    connection.send(`POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n${'a'.repeat(30_000)}`)
    await connection.until(/ok$/)
    connection.send(`${'a'.repeat(30_000)}GET /2 HTTP/1.1\r\nHost: h\r\n\r\n`)
    expect(statuses(await connection.until(/ok.*ok$/s))).toEqual([200, 200])
  })
})
