import { Readable, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type IncomingCall, type OpenAnswer, ProxyError } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { contextWith, functionUrlEvent, invokeStreaming, platform } from '../testing/invoke.js'
import { toBufferedHandler } from './buffered-handler.js'
import type { LambdaOptions } from './handler-options.js'
import { toStreamingHandler } from './streaming-handler.js'

type Handle = (call: IncomingCall, open: OpenAnswer) => Promise<void>

const balancerEvent = {
  httpMethod: 'GET',
  path: '/a',
  queryStringParameters: {},
  headers: { host: 'h' },
  requestContext: { elb: {} },
  body: '',
  isBase64Encoded: false,
}

interface Shown {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

async function buffered(handle: Handle, event: unknown, options: LambdaOptions = {}, context = contextWith(60_000)) {
  return (await toBufferedHandler({ handle }, options)(event, context)) as unknown as Shown
}

async function streamed(handle: Handle, event: unknown, options: LambdaOptions = {}, context = contextWith(60_000)) {
  return await invokeStreaming(toStreamingHandler({ handle }, { ...options, platform }), event, context)
}

const both = [
  ['a buffered handler', buffered],
  ['a streaming handler', streamed],
] as const

async function fine(_call: IncomingCall, open: OpenAnswer): Promise<void> {
  open({ status: 200, headers: [] }).end('fine')
}

function writes(text: string, headers: readonly string[] = []): Handle {
  return async (_call, open) => {
    open({ status: 200, headers: [...headers] }).end(text)
  }
}

describe.each(both)('%s', (_name, run) => {
  it('answers', async () => {
    expect(await run(fine, functionUrlEvent)).toMatchObject({ statusCode: 200, body: 'fine' })
  })

  it.each([
    ['an unknown form', { Records: [] }, 400, 'invalid_request'],
    ['a target of two slashes', { ...functionUrlEvent, rawPath: '//host/x' }, 400, 'invalid_request'],
    [
      'two credentials',
      { ...functionUrlEvent, headers: { host: 'h', authorization: 'Bearer a,Bearer b' } },
      400,
      'invalid_request',
    ],
    ['no host', { ...functionUrlEvent, headers: {} }, 400, 'invalid_request'],
    ['a long target', { ...functionUrlEvent, rawPath: `/${'a'.repeat(20_000)}` }, 414, 'uri_too_long'],
    ['large headers', { ...functionUrlEvent, headers: { host: 'h', x: 'a'.repeat(40_000) } }, 431, 'headers_too_large'],
    [
      'the method TRACE',
      { ...functionUrlEvent, requestContext: { ...functionUrlEvent.requestContext, http: { method: 'TRACE' } } },
      405,
      'method_not_allowed',
    ],
  ])('refuses an event of %s before its handler sees it', async (_case, event, status, code) => {
    let calls = 0
    const answer = await run(async (call, open) => {
      calls += 1
      await fine(call, open)
    }, event)
    expect([answer.statusCode, JSON.parse(answer.body).code, answer.headers['x-proxy-error']]).toEqual([
      status,
      code,
      code,
    ])
    expect(calls).toBe(0)
  })

  it('gives a body above the limit as one that fails, and one at it whole', async () => {
    const limits = { maxRequestBytes: 5 }
    const echo: Handle = async (call, open) => {
      const read = buffer(call.body ?? Readable.from([])).then(String, (error: ProxyError) => error.code)
      open({ status: 200, headers: [] }).end(await read)
    }
    expect((await run(echo, { ...functionUrlEvent, body: '123456' }, { limits })).body).toBe('payload_too_large')
    expect((await run(echo, { ...functionUrlEvent, body: '12345' }, { limits })).body).toBe('12345')
  })

  it('answers 504 before its time is up, and tells the handler that nobody waits', async () => {
    let left = 0
    const handle: Handle = (call) =>
      new Promise<void>((resolve) => {
        call.onCallerLeft(() => {
          left += 1
          resolve()
        })
      })
    const answer = await run(handle, functionUrlEvent, { limits: { timeMarginMs: 50 } }, contextWith(200))
    expect([answer.statusCode, JSON.parse(answer.body).code, left]).toEqual([504, 'upstream_timeout', 1])
  })

  it('answers 504 also when its handler hangs, and drops what comes too late', async () => {
    let late: Writable | undefined
    let openLate = (): void => undefined
    const handle: Handle = (_call, open) =>
      new Promise<void>((resolve) => {
        openLate = () => {
          late = open({ status: 200, headers: [] })
          resolve()
        }
      })
    const answer = await run(handle, functionUrlEvent, {}, contextWith(100))
    expect(answer.statusCode).toBe(504)
    openLate()
    expect(late?.destroyed).toBe(true)
  })

  it('spells its own errors as it is told', async () => {
    const describeError = (error: ProxyError) => ({ status: error.status, headers: ['x-own', '1'], body: error.code })
    const answer = await run(() => new Promise(() => undefined), functionUrlEvent, { describeError }, contextWith(100))
    expect(answer).toMatchObject({ statusCode: 504, headers: { 'x-own': '1' }, body: 'upstream_timeout' })
  })

  it('refuses an answer whose declared length is above the limit', async () => {
    const limits = { maxBufferedBytes: 1_000, maxStreamedBytes: 1_000 }
    const answer = await run(writes('a'.repeat(2_000), ['content-length', '2000']), functionUrlEvent, { limits })
    expect([answer.statusCode, JSON.parse(answer.body).code]).toEqual([502, 'response_too_large'])
    const short = await run(writes('a'.repeat(500), ['content-length', '500']), functionUrlEvent, { limits })
    expect(short.statusCode).toBe(200)
  })

  it('tells of a handler that fails, and answers 500 without a word of why', async () => {
    const faults: unknown[] = []
    const secret = new Error('planted-secret')
    const answer = await run(() => Promise.reject(secret), functionUrlEvent, { onFault: (fault) => faults.push(fault) })
    expect(answer.statusCode).toBe(500)
    expect(JSON.stringify(answer)).not.toContain('planted-secret')
    expect(faults).toEqual([secret])
  })
})

describe('a buffered answer', () => {
  it('that is longer than the limit is a 502, declared or not', async () => {
    const limits = { maxBufferedBytes: 1_000 }
    const answer = await buffered(writes('a'.repeat(2_000)), functionUrlEvent, { limits })
    expect([answer.statusCode, JSON.parse(answer.body).code]).toEqual([502, 'response_too_large'])
  })

  it('is measured as the platform does, in JSON', async () => {
    const limits = { maxBufferedBytes: 1_500 }
    expect((await buffered(writes('\u0001'.repeat(800)), functionUrlEvent, { limits })).statusCode).toBe(200)
    expect((await buffered(writes('\u0001'.repeat(1_100)), functionUrlEvent, { limits })).statusCode).toBe(502)
  })

  it('for a load balancer is 1 MiB at most', async () => {
    const text = 'a'.repeat(1_200_000)
    expect((await buffered(writes(text), functionUrlEvent)).statusCode).toBe(200)
    expect(await buffered(writes(text), balancerEvent)).toMatchObject({
      statusCode: 502,
      statusDescription: '502 Bad Gateway',
    })
  })

  it('that breaks is a 502, as nothing of it has left', async () => {
    const answer = await buffered(async (_call, open) => {
      const sink = open({ status: 200, headers: [] })
      sink.write('half')
      sink.destroy()
    }, functionUrlEvent)
    expect([answer.statusCode, JSON.parse(answer.body).code]).toEqual([502, 'upstream_protocol'])
  })

  it('of an API Gateway does not wait longer than that does', async () => {
    const event = {
      ...functionUrlEvent,
      requestContext: { ...functionUrlEvent.requestContext, domainName: 'x.execute-api.eu-west-1.amazonaws.com' },
    }
    const never: Handle = () => new Promise(() => undefined)
    const answer = await buffered(never, event, { limits: { gatewayTimeMs: 100 } })
    expect(answer.statusCode).toBe(504)
  })
})

describe('a streamed answer', () => {
  it('that breaks behind its head rejects', async () => {
    const answer = await streamed(async (_call, open) => {
      const sink = open({ status: 200, headers: [] })
      sink.write('half')
      sink.destroy()
    }, functionUrlEvent)
    expect(answer).toMatchObject({ statusCode: 200, body: 'half' })
    expect(answer.failure).toBeInstanceOf(Error)
  })

  it('that is longer than the limit without having said so is cut', async () => {
    const limits = { maxStreamedBytes: 1_000 }
    const answer = await streamed(writes('a'.repeat(2_000)), functionUrlEvent, { limits })
    expect(answer).toMatchObject({ statusCode: 200, body: '' })
    expect(answer.failure).toBeInstanceOf(ProxyError)
  })

  it('that is not at its end when the time is up is cut', async () => {
    const answer = await streamed(
      async (_call, open) => {
        open({ status: 200, headers: [] }).write('begun')
      },
      functionUrlEvent,
      {},
      contextWith(200),
    )
    expect(answer.body).toBe('begun')
    expect(answer.failure).toMatchObject({ code: 'upstream_timeout' })
  })
})
