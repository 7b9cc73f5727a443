import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ProxyError } from '@proxy/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { rawConnection, statuses } from '../testing/raw-connection.js'
import { answerAtOnce, answerLength, serve } from '../testing/serve.js'
import { toNodeListener } from './node-listener.js'

describe('a slow head', () => {
  it('is refused with 400, also as the second on a connection', async () => {
    const { connect, calls } = await serve(answerAtOnce, { limits: { headTimeoutMs: 150 } })
    const first = await connect()
    first.send('GET / HTTP/1.1\r\nHo')
    const second = await connect()
    second.send('GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HT')
    expect(statuses(await first.ended)).toEqual([400])
    expect(statuses(await second.ended)).toEqual([200, 400])
    expect(calls).toHaveLength(1)
  })

  it('of no byte at all gets no answer', async () => {
    const { connect } = await serve(answerAtOnce, { limits: { headTimeoutMs: 150 } })
    expect(await (await connect()).ended).toBe('')
  })
})

describe('a body that stops', () => {
  it('fails the call with 400 and closes the connection', async () => {
    const { connect } = await serve(
      async (call, open) => {
        try {
          await answerLength(call, open)
        } catch (error) {
          const status = error instanceof ProxyError ? error.status : 500
          open({ status, headers: ['content-length', '0'] }).end()
        }
      },
      { limits: { bodyIdleTimeoutMs: 160 } },
    )
    const connection = await connect()
    connection.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab')
    const received = await connection.ended
    expect(statuses(received)).toEqual([400])
    expect(received).toMatch(/connection: close/i)
  })

  it('is not idle while nobody reads it', async () => {
    let read = (): void => undefined
    const { connect } = await serve(
      async (call, open) => {
        await new Promise<void>((resolve) => {
          read = resolve
        })
        await answerLength(call, open)
      },
      { limits: { bodyIdleTimeoutMs: 80 } },
    )
    const connection = await connect()
    connection.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab')
    await new Promise((resolve) => setTimeout(resolve, 250)) // three times the limit
    read()
    connection.send('cde')
    expect(await connection.until(/\r\n\r\n5$/)).toContain(' 200 ')
  })
})

describe('a reader that takes nothing', () => {
  it('is cut after the limit, and one that goes on in time is not', async () => {
    const block = Buffer.alloc(64 * 1024, 'x')
    const left: string[] = []
    const { connect } = await serve(
      async (call, open) => {
        const body = open({ status: 200, headers: [] })
        call.onCallerLeft(() => left.push(call.target))
        let sent = 0
        const pump = (): void => {
          while (sent < 400) {
            sent += 1
            if (!body.write(block)) return void body.once('drain', pump)
          }
          body.end()
        }
        pump()
      },
      { limits: { readerIdleTimeoutMs: 400 } },
    )
    const stalled = await connect()
    const reading = await connect()
    stalled.pause()
    stalled.send('GET /stalled HTTP/1.1\r\nHost: h\r\n\r\n')
    reading.send('GET /reading HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
    expect(await reading.ended).toMatch(/\r\n0\r\n\r\n$/)
    await expect.poll(() => left).toEqual(['/stalled'])
  })
})

describe('a connection between two requests', () => {
  const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'

  it('is closed after the limit that its answers name, and one in use is not', async () => {
    const { connect } = await serve(answerAtOnce, { limits: { keepAliveTimeoutMs: 1_000 } })
    const unused = await connect()
    const used = await connect()
    unused.send(get)
    expect(await unused.until(/ok$/)).toMatch(/\r\nkeep-alive: timeout=1\r\n/i)
    let isClosed = false
    void unused.ended.then(() => {
      isClosed = true
    })
    for (let requests = 1; !isClosed; requests += 1) {
      used.send(get)
      await used.until(new RegExp(`(ok[^]*){${requests}}$`))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    used.send(get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    const received = await used.ended
    expect(statuses(received).length).toBeGreaterThan(8) // it lived for as long as the other one and longer
    expect(new Set(statuses(received))).toEqual(new Set([200]))
  })

  it('stays open while a call is in flight for longer than the limit', async () => {
    const { connect } = await serve(
      async (call, open) => {
        await new Promise((resolve) => setTimeout(resolve, 500))
        await answerAtOnce(call, open)
      },
      { limits: { keepAliveTimeoutMs: 80 } },
    )
    const connection = await connect()
    connection.send(get)
    expect(statuses(await connection.ended)).toEqual([200])
  })

  it('is not one whose answer still waits for its reader', async () => {
    const length = 32 * 1024 * 1024 // more than the kernel takes
    const { server, connect } = await serve(
      async (call, open) => {
        const body = call.target === '/long' ? Buffer.alloc(length, 'x') : 'ok'
        open({ status: 200, headers: ['content-length', String(body.length)] }).end(body)
      },
      { limits: { keepAliveTimeoutMs: 80 } },
    )
    const slow = await connect()
    slow.pause()
    slow.send(get.replace('/', '/long'))
    const unused = await connect()
    unused.send(get)
    await unused.ended
    await new Promise((resolve) => setTimeout(resolve, 400)) // five times the limit
    slow.resume()
    expect((await slow.ended).length).toBeGreaterThan(length) // and then it lies unused
    await expect.poll(() => server.connections).toBe(0)
  })

  it('is closed in spite of line ends that no request follows, and serves one that comes behind them', async () => {
    const { connect } = await serve(answerAtOnce, { limits: { keepAliveTimeoutMs: 200 } })
    const idle = await connect()
    idle.send(`${get}\r\n`)
    expect(statuses(await idle.ended)).toEqual([200])
    const used = await connect()
    used.send(`${get}\r\n`)
    await used.until(/ok$/)
    used.send(`\r\n${get}`)
    expect(statuses(await used.ended)).toEqual([200, 200])
  })

  it('speaks HTTP/1.0: kept when asked for, closed when not', async () => {
    const { connect } = await serve(answerAtOnce, { limits: { keepAliveTimeoutMs: 200 } })
    const kept = await connect()
    const askToKeep = 'GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n'
    kept.send(askToKeep)
    expect(await kept.until(/ok$/)).toMatch(/connection: keep-alive/i)
    kept.send(askToKeep)
    expect((await kept.ended).match(/ 200 /g)).toHaveLength(2)
    const closed = await connect()
    closed.send('GET / HTTP/1.0\r\nHost: h\r\n\r\n')
    const received = await closed.ended
    expect(received).toMatch(/connection: close/i)
    expect(received).not.toMatch(/keep-alive/i)
  })

  it('is told of once in each answer, also by a host that gives the same list of headers every time', async () => {
    const headers = ['content-length', '2']
    const { connect } = await serve(async (_call, open) => {
      open({ status: 200, headers }).end('ok')
    })
    const connection = await connect()
    for (let requests = 1; requests <= 3; requests += 1) {
      connection.send(get)
      await connection.until(new RegExp(`(ok[^]*){${requests}}$`))
    }
    expect(connection.received.match(/\r\nkeep-alive: timeout=75\r\n/gi)).toHaveLength(3)
    connection.send(get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    expect(statuses(await connection.ended)).toEqual([200, 200, 200, 200])
    expect(headers).toEqual(['content-length', '2'])
  })

  it("belongs to the host's own server where a listener is mounted in one", async () => {
    const mounted = toNodeListener({ handle: answerAtOnce }, { limits: { keepAliveTimeoutMs: 50 } })
    const server = createServer({ keepAliveTimeout: 5_000 }, (request, response) => {
      if (request.url === '/own') response.end('own')
      else mounted(request, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const connection = await rawConnection((server.address() as AddressInfo).port)
    onTestFinished(() => {
      connection.close()
      server.close()
    })
    connection.send(get)
    expect(await connection.until(/ok$/)).toMatch(/\r\nkeep-alive: timeout=5\r\n/i)
    await new Promise((resolve) => setTimeout(resolve, 300)) // six times the limit of the listener
    connection.send(get.replace('/', '/own'))
    expect(statuses(await connection.until(/own$/))).toEqual([200, 200])
  })
})
