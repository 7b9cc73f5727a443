import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { statuses } from '../testing/raw-connection.js'
import { answerAtOnce, answerLength, serve } from '../testing/serve.js'
import type { FrontOptions } from './node-front.js'

/** Sends `text` on a connection of its own and waits until the server has closed it. */
async function refusal(text: string, limits = {}): Promise<{ received: string; calls: number }> {
  const { connect, calls } = await serve(answerLength, { limits })
  const connection = await connect()
  connection.send(text)
  return { received: await connection.ended, calls: calls.length }
}

describe('what is no request is refused once, completely, and the connection closes', () => {
  it.each([
    ['garbage', '\x16\x03\x01\x02\x00garbage\r\n\r\n', 400, 'invalid_request'],
    ['HTTP/2 in the clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'invalid_request'],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'invalid_request'],
    ['TRACK', 'TRACK / HTTP/1.1\r\nHost: h\r\n\r\n', 405, 'method_not_allowed'],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: h\r\n\r\n', 405, 'method_not_allowed'],
    ['CONNECT', 'CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n', 405, 'method_not_allowed'],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n', 400, 'invalid_request'],
    ['a bare line feed', 'GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n', 400, 'invalid_request'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n', 400, 'invalid_request'],
    ['an expectation', 'PUT / HTTP/1.1\r\nHost: h\r\nExpect: coffee\r\n\r\n', 400, 'invalid_request'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n', 400, 'invalid_request'],
    ['absolute form', 'GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'invalid_request'],
    ['a long target', `GET /${'a'.repeat(17_000)} HTTP/1.1\r\nHost: h\r\n\r\n`, 414, 'uri_too_long'],
    ['an endless target', `GET /${'a'.repeat(100_000)}`, 414, 'uri_too_long'],
    ['a long header', `GET / HTTP/1.1\r\nHost: h\r\nA: ${'a'.repeat(40_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['an endless header', `GET / HTTP/1.1\r\nHost: h\r\nA: ${'a'.repeat(60_000)}`, 431, 'headers_too_large'],
    ['many headers', `GET / HTTP/1.1\r\nHost: h\r\n${'a: b\r\n'.repeat(128)}\r\n`, 431, 'headers_too_large'],
    ['far too many', `GET / HTTP/1.1\r\nHost: h\r\n${'a: b\r\n'.repeat(5_000)}\r\n`, 431, 'headers_too_large'],
  ])('%s', async (_name, text, status, code) => {
    const { received, calls } = await refusal(text)
    expect(statuses(received)).toEqual([status])
    expect(calls).toBe(0)
    const [head = '', body = ''] = received.split('\r\n\r\n')
    expect(head.toLowerCase()).toContain('\r\nconnection: close')
    expect(head.toLowerCase()).toContain(`\r\ncontent-length: ${body.length}`)
    expect(head).toMatch(/\r\nx-request-id: \S{20,}/)
    expect(head).toContain(`\r\nx-proxy-error: ${code}`)
    expect(JSON.parse(body)).toEqual({ error: expect.any(String), code })
  })

  it.each([17_000, 49_000, 50_000, 60_000, 65_400, 66_000, 100_000])('as is a target of %i bytes', async (length) => {
    const target = `/${'a'.repeat(length - 1)}`
    const { received } = await refusal(`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`)
    expect(statuses(received)).toEqual([414])
    const header = await refusal(`GET / HTTP/1.1\r\nHost: h\r\nA: ${target}\r\n\r\n`, { maxHeaderBytes: 16_000 })
    expect(statuses(header.received)).toEqual([431])
  })

  it('as is a long target behind empty lines or in two packets', async () => {
    const target = `/${'a'.repeat(50_000)}`
    expect(statuses((await refusal(`\r\n\r\nGET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`)).received)).toEqual([414])
    const { connect } = await serve(answerLength)
    const connection = await connect()
    connection.send(`GET ${target.slice(0, 20_000)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    connection.send(`${target.slice(20_000)} HTTP/1.1\r\nHost: h\r\n\r\n`)
    expect(statuses(await connection.ended)).toEqual([414])
  })

  it('as does a refused request with another one behind it', async () => {
    const { received, calls } = await refusal(
      'POST / HTTP/1.1\r\nHost: h\r\nHost: i\r\nContent-Length: 0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n',
    )
    expect(statuses(received)).toEqual([400])
    expect(calls).toBe(0)
  })
})

describe('what is refused before the handler, in the words of its wire form', () => {
  const heads = {
    TRACE: 'TRACE /form/x HTTP/1.1\r\nHost: h\r\n\r\n',
    'many headers': `GET /form/x HTTP/1.1\r\nHost: h\r\n${'a: b\r\n'.repeat(128)}\r\n`,
    'a long header': `GET /form/x HTTP/1.1\r\nHost: h\r\nA: ${'a'.repeat(40_000)}\r\n\r\n`,
    'an expectation': 'PUT /form/x HTTP/1.1\r\nHost: h\r\nExpect: coffee\r\n\r\n',
  }

  /** What a server answers that spells like this. */
  async function answerTo(text: string, describeError: FrontOptions['describeError']) {
    const { connect, calls, faults } = await serve(answerLength, { ...(describeError && { describeError }) })
    const connection = await connect()
    connection.send(text)
    const received = await connection.ended
    expect(calls).toHaveLength(0)
    const [head = '', body = ''] = received.split('\r\n\r\n')
    expect(head.toLowerCase()).toContain('\r\nconnection: close')
    expect(head.toLowerCase()).toContain(`\r\ncontent-length: ${body.length}`)
    expect(head).toMatch(/\r\nx-request-id: \S{20,}/)
    return { status: statuses(received), body: JSON.parse(body), faults }
  }

  it.each(Object.entries(heads))('%s', async (_, text) => {
    const { status, body } = await answerTo(text, ({ status, code }, { target }) => ({
      status,
      headers: ['content-type', 'application/json'],
      body: JSON.stringify({ code, target }),
    }))
    const plain = await answerTo(text, undefined)
    expect(status).toEqual(plain.status)
    expect(body).toEqual({ code: plain.body.code, target: '/form/x' })
  })

  it('in plain words where there is no path, and where the words fail', async () => {
    const fault = new Error('no words')
    const failing = () => {
      throw fault
    }
    const absolute = await answerTo('GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n', failing)
    expect(absolute).toMatchObject({ status: [400], body: { code: 'invalid_request' }, faults: [] })
    const failed = await answerTo(heads.TRACE, failing)
    expect(failed).toMatchObject({ status: [405], body: { code: 'method_not_allowed' }, faults: [fault] })
  })
})

describe('a request in which an upgrade is asked for', () => {
  it('is answered as if it were not', async () => {
    const { connect } = await serve(answerAtOnce)
    const connection = await connect()
    connection.send('GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n')
    expect(statuses(await connection.until(/ok$/))).toEqual([200])
  })
})

describe('bytes behind a request that make none', () => {
  it('are refused after its answer, never before', async () => {
    const { connect } = await serve(async (call, open) => {
      await new Promise((resolve) => setImmediate(resolve))
      await answerAtOnce(call, open)
    })
    const connection = await connect()
    connection.send('GET / HTTP/1.1\r\nHost: h\r\n\r\nnonsense\r\n\r\n')
    const received = await connection.ended
    expect(statuses(received)).toEqual([200])
    expect(received).toMatch(/connection: close/i)
    expect(received).toMatch(/ok$/)
  })

  it('do not cut an answer that has begun', async () => {
    let finish = (): void => undefined
    const { connect } = await serve(async (call, open) => {
      if (call.target === '/other') return answerAtOnce(call, open)
      const body = open({ status: 200, headers: ['content-length', '9'] })
      body.write('begin')
      finish = () => body.end('-end')
    })
    const connection = await connect()
    connection.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    await connection.until(/begin/)
    connection.send('nonsense\r\n\r\n')
    const other = await connect() // answered after the nonsense was read
    other.send('GET /other HTTP/1.1\r\nHost: h\r\n\r\n')
    await other.until(/ok$/)
    finish()
    expect(await connection.ended).toMatch(/begin-end$/)
  })
})

describe('CONNECT behind a request', () => {
  const get = (target = '/') => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`
  const connectMethod = 'CONNECT evil:443 HTTP/1.1\r\nHost: h\r\n\r\n'
  const answerLate: typeof answerAtOnce = async (call, open) => {
    await new Promise((resolve) => setTimeout(resolve, call.target === '/slow' ? 100 : 20))
    await answerAtOnce(call, open)
  }

  it('does not overtake the answer that is due, as another request does not', async () => {
    const { connect } = await serve(answerLate)
    const twin = await connect()
    twin.send(get() + get())
    expect(statuses(await twin.until(/ok.*ok$/s))).toEqual([200, 200])
    for (const before of [get(), get('/slow') + get()]) {
      const connection = await connect()
      connection.send(before + connectMethod + get())
      const received = await connection.ended
      expect(statuses(received)).toEqual(before === get() ? [200] : [200, 200])
      expect(received).toMatch(/connection: close/i)
      expect(received).toMatch(/ok$/)
    }
  })

  it('is answered once no answer is due', async () => {
    const { connect } = await serve(answerLate)
    const connection = await connect()
    connection.send(get())
    await connection.until(/ok$/)
    connection.send(connectMethod)
    expect(statuses(await connection.ended)).toEqual([200, 405])
  })

  it('gets no answer behind one that closes', async () => {
    const { connect } = await serve(answerLate)
    const connection = await connect()
    connection.send(`GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n${connectMethod}`)
    const received = await connection.ended
    expect(statuses(received)).toEqual([400])
    expect(received).toMatch(/\}$/)
  })

  it('does not stop an answer that is larger than what the connection takes at once', async () => {
    const bytes = 20_000_000
    const { connect } = await serve(async (_call, open) => {
      const body = open({ status: 200, headers: ['content-length', String(bytes)] })
      await pipeline(Readable.from(Array(200).fill(Buffer.alloc(bytes / 200, 'x'))), body)
    })
    for (const behind of ['', connectMethod]) {
      const connection = await connect()
      connection.pause()
      connection.send(get() + behind)
      await new Promise((resolve) => setTimeout(resolve, 50))
      connection.resume()
      await expect.poll(() => connection.received.length, { timeout: 4_000 }).toBeGreaterThan(bytes)
      if (behind !== '') expect(statuses((await connection.ended).slice(0, 1_000))).toEqual([200])
    }
  })

  it('leaves it noticed that the caller has left', async () => {
    let left = 0
    const { connect, calls, server } = await serve(
      (call) =>
        new Promise((resolve) => {
          call.onCallerLeft(() => {
            left += 1
            resolve()
          })
        }),
    )
    for (const behind of ['', connectMethod]) {
      const connection = await connect()
      connection.send(get() + behind)
      await expect.poll(() => calls.length).toBe(left + 1)
      const before = left
      connection.close()
      await expect.poll(() => left).toBe(before + 1)
    }
    await expect.poll(() => server.connections).toBe(0)
  })
})

describe('a body', () => {
  const chunked = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n'

  it.each([
    ['a bad chunk size', 'zz\r\n'],
    ['a chunk longer than it says', '2\r\nabcd\r\n0\r\n\r\n'],
    ['a framing field in the trailers', '2\r\nab\r\n0\r\nContent-Length: 5\r\n\r\n'],
  ])('with %s fails the call with 400 and closes', async (_name, text) => {
    const { connect } = await serve(async (call, open) => {
      await answerLength(call, open).catch((error) => {
        open({ status: error.status, headers: ['content-length', '0'] }).end()
      })
    })
    const connection = await connect()
    connection.send(`${chunked}${text}`)
    const received = await connection.ended
    expect(statuses(received)).toEqual([400])
    expect(received).toMatch(/connection: close/i)
  })

  it('passes when its chunks are well-formed', async () => {
    const { connect } = await serve(answerLength)
    const connection = await connect()
    connection.send(`${chunked}2;a=b\r\nab\r\n1\r\nc\r\n0\r\nx-trailer: dropped\r\n\r\n`)
    expect(await connection.until(/\r\n\r\n3$/)).not.toContain('trailer')
  })

  it('without an announced length is cut at the limit while it streams', async () => {
    const seen: unknown[] = []
    const { connect } = await serve(
      async (call, open) => {
        try {
          await answerLength(call, open)
        } catch (error) {
          seen.push(error)
          open({ status: 413, headers: ['content-length', '0'] }).end()
        }
      },
      { limits: { maxRequestBytes: 10 } },
    )
    const within = await connect()
    within.send(`${chunked}a\r\n0123456789\r\n0\r\n\r\n`)
    expect(statuses(await within.until(/10$/))).toEqual([200])
    const beyond = await connect()
    beyond.send(`${chunked}a\r\n0123456789\r\n1\r\nx\r\n`)
    expect(statuses(await beyond.ended)).toEqual([413])
    expect(seen).toMatchObject([{ code: 'payload_too_large' }])
  })

  it('longer than announced is allowed is refused before it is read', async () => {
    const { connect } = await serve(
      async (call, open) => {
        await answerLength(call, open).catch((error) => open({ status: error.status, headers: [] }).end())
      },
      { limits: { maxRequestBytes: 10 } },
    )
    const connection = await connect()
    connection.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n')
    expect(statuses(await connection.until(/\r\n\r\n/))).toEqual([413])
  })
})

describe('a caller that waits for 100 Continue', () => {
  const asked = 'POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n'

  it('gets it when the body is read', async () => {
    const { connect } = await serve(answerLength)
    const connection = await connect()
    connection.send(asked)
    await connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    connection.send('abc')
    expect(statuses(await connection.until(/\r\n\r\n3$/))).toEqual([100, 200])
  })

  it('gets the answer alone when the body is of no interest, and the connection closes', async () => {
    const { connect } = await serve(answerAtOnce)
    const connection = await connect()
    connection.send(asked)
    const received = await connection.ended
    expect(statuses(received)).toEqual([200])
    expect(received).toMatch(/connection: close/i)
  })
})
