import { describe, expect, it } from 'vitest'
import { statuses } from '../testing/raw-connection.js'
import { answerAtOnce, answerLength, serve } from '../testing/serve.js'

describe('a call', () => {
  it('has the target and the header fields as they stood on the wire', async () => {
    const { calls, connect } = await serve(answerAtOnce)
    const connection = await connect()
    connection.send('GET /a%2Fb//c?d=%20&d= HTTP/1.1\r\nHOST: h\r\nx-A: 1\r\nx-a:  2 \r\n\r\n')
    await connection.until(/ok$/)
    expect(calls[0]).toMatchObject({ method: 'GET', target: '/a%2Fb//c?d=%20&d=', remoteAddress: '127.0.0.1' })
    expect(calls[0]?.headers).toEqual(['HOST', 'h', 'x-A', '1', 'x-a', '2'])
  })

  it('has a body only when one was announced', async () => {
    const { calls, connect } = await serve(answerLength)
    const connection = await connect()
    connection.send('POST / HTTP/1.1\r\nHost: h\r\n\r\nPOST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n')
    connection.send('GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc')
    connection.send('PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')
    await connection.until(/(?:HTTP.*){4}0$/s)
    expect(calls.map((call) => call.body !== undefined)).toEqual([false, false, true, true])
  })

  it('is answered in the order of the connection', async () => {
    const { connect } = await serve(async (call, open) => {
      if (call.target === '/slow') await new Promise((resolve) => setTimeout(resolve, 20))
      open({ status: 200, headers: ['content-length', '5', 'x-target', call.target] }).end('12345')
    })
    const connection = await connect()
    connection.send('GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /fast HTTP/1.1\r\nHost: h\r\n\r\n')
    const received = await connection.until(/\/fast.*12345/s)
    expect(received.indexOf('/slow')).toBeLessThan(received.indexOf('/fast'))
  })
})

describe('an answer', () => {
  it('keeps names, duplicates and order', async () => {
    const headers = ['X-B', '1', 'x-a', '2', 'x-b', '3', 'Content-Length', '0']
    const { connect } = await serve(async (_call, open) => void open({ status: 203, headers }).end())
    const connection = await connect()
    connection.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    expect(await connection.until(/\r\n\r\n/)).toMatch(
      /^HTTP\/1\.1 203 Non-Authoritative Information\r\nX-B: 1\r\nx-a: 2\r\nx-b: 3\r\nContent-Length: 0\r\n/,
    )
  })

  it('shows its head before there is a body', async () => {
    const { connect } = await serve(async (call, open) => {
      const body = open({ status: 200, headers: ['content-type', 'text/event-stream'] })
      call.onCallerLeft(() => body.destroy())
    })
    const connection = await connect()
    connection.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    expect(await connection.until(/\r\n\r\n/)).toContain('Transfer-Encoding: chunked')
  })

  it('that is cut never looks complete', async () => {
    const { connect } = await serve(async (_call, open) => {
      const body = open({ status: 200, headers: [] })
      body.write('part', () => body.destroy())
    })
    const connection = await connect()
    connection.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    expect(await connection.ended).toMatch(/4\r\npart\r\n$/)
  })

  it('is a 500 when the handler fails or gives none, and the server lives on', async () => {
    const { connect, faults } = await serve(async (call, open) => {
      if (call.target === '/throws') throw new Error('secret detail')
      if (call.target === '/nothing') return
      open({ status: 204, headers: [] }).end()
    })
    for (const target of ['/throws', '/nothing']) {
      const connection = await connect()
      connection.send(`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`)
      const received = await connection.ended
      expect(statuses(received)).toEqual([500])
      expect(received).toContain('x-proxy-error: internal_error')
      expect(received).not.toContain('secret')
    }
    expect(faults).toHaveLength(2)
    const connection = await connect()
    connection.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    expect(statuses(await connection.until(/\r\n\r\n/))).toEqual([204])
  })
})

describe('a caller that leaves', () => {
  it('is noticed within 100 ms', async () => {
    let leftAt = 0
    const { connect } = await serve(
      (call) =>
        new Promise((resolve) => {
          call.onCallerLeft(() => {
            leftAt = performance.now()
            resolve()
          })
        }),
    )
    const connection = await connect()
    connection.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    await new Promise((resolve) => setImmediate(resolve))
    await expect.poll(() => leftAt === 0).toBe(true)
    const closedAt = performance.now()
    connection.close()
    await expect.poll(() => leftAt).toBeGreaterThan(0)
    expect(leftAt - closedAt).toBeLessThan(100)
  })

  it('is noticed by calls whose answer waits for its turn', async () => {
    const left: string[] = []
    const { connect, calls } = await serve(
      (call) =>
        new Promise((resolve) => {
          call.onCallerLeft(() => {
            left.push(call.target)
            resolve()
          })
        }),
    )
    const connection = await connect()
    connection.send('GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n')
    await expect.poll(() => calls.length).toBe(2)
    connection.close()
    await expect.poll(() => left.sort()).toEqual(['/1', '/2'])
  })

  it('is not reported after a complete answer', async () => {
    let left = false
    const { connect, server } = await serve(async (call, open) => {
      call.onCallerLeft(() => {
        left = true
      })
      await answerAtOnce(call, open)
    })
    const connection = await connect()
    connection.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    await connection.until(/ok$/)
    connection.close()
    await expect.poll(() => server.connections).toBe(0)
    expect(left).toBe(false)
  })
})
