import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { deferred, json, neverEnds, rawRequest, streamOf } from '@proxy/test-support'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  call,
  callPath,
  configuration,
  type FrontedFunction,
  type FunctionWorldOptions,
  key,
  startFronted,
  upstreamForTest,
} from './world.js'

const mebibyte = 1024 * 1024
const nango = { authorization: `Bearer ${key}`, 'provider-config-key': 'acme', 'connection-id': 'c1' }

async function frontedForTest(options: FunctionWorldOptions): Promise<FrontedFunction> {
  const fronted = await startFronted(options)
  onTestFinished(() => fronted.stop())
  return fronted
}

function* chunks(total: number): Generator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024, 'abcdefgh')
  for (let sent = 0; sent < total; sent += chunk.length) yield chunk
}

const modes = [
  ['buffered', false],
  ['streaming', true],
] as const

describe.each(modes)('a %s function', (_name, streams) => {
  const kind = 'function-url'

  it('answers 504 in JSON before its time is up, and goes on', async () => {
    const upstream = await upstreamForTest()
    const closed = deferred()
    upstream.answer('/never', (response, request) => {
      response.once('close', () => closed.resolve())
      return neverEnds()(response, request)
    })
    const fronted = await frontedForTest({ kind, streams, config: configuration(upstream.port), timeoutMs: 4_000 })
    const answer = await call(fronted.url, '/never')
    expect([answer.status, answer.json()]).toEqual([504, { code: 'upstream_timeout', error: expect.any(String) }])
    expect(answer.headers['x-proxy-error']).toBe('upstream_timeout')
    await closed.promise
    const spelled = await rawRequest(`${fronted.url}/proxy/never`, { headers: nango })
    expect([spelled.status, spelled.json()]).toEqual([
      504,
      { error: { code: 'upstream_timeout', message: expect.any(String) } },
    ])
    expect((await call(fronted.url, '/fine')).status).toBe(200)
  })

  it('serves the first call after a thaw, though its kept sockets are gone', async () => {
    const { server, port, requests } = await countingServer()
    const fronted = await frontedForTest({ kind, streams, config: configuration(port) })
    expect((await call(fronted.url, '/warm', { method: 'POST', body: 'x' })).status).toBe(200)
    for (let round = 1; round <= 3; round += 1) {
      process.kill(fronted.function.pid, 'SIGSTOP')
      server.closeAllConnections()
      const answer = call(fronted.url, `/thawed-${round}`, { method: 'POST', body: 'x' })
      // What the function sees first when it goes on: an event, and sockets that have ended.
      await new Promise((resolve) => setTimeout(resolve, 100))
      process.kill(fronted.function.pid, 'SIGCONT')
      expect((await answer).status).toBe(200)
      expect(requests.filter((url) => url === `/thawed-${round}`)).toHaveLength(1)
    }
  })

  it('goes on while a call waits for nothing but time', async () => {
    const upstream = await upstreamForTest()
    const statuses = [503, 200]
    upstream.answer('/busy', (...asked) => json({}, {}, statuses.shift())(...asked))
    const fronted = await frontedForTest({ kind, streams, config: configuration(upstream.port) })
    const answer = await rawRequest(`${fronted.url}/proxy/busy`, { headers: { ...nango, retries: '1' } })
    expect([answer.status, upstream.requests.length]).toEqual([200, 2])
    expect((await call(fronted.url, '/fine')).status).toBe(200)
  })

  it('takes the largest event, and more is refused by the platform', async () => {
    const upstream = await upstreamForTest()
    const fronted = await frontedForTest({ kind, streams, config: configuration(upstream.port) })
    const headers = { 'content-type': 'application/octet-stream' }
    const body = Buffer.alloc(4.4 * mebibyte, 3)
    expect((await call(fronted.url, '/up', { method: 'POST', headers, body })).status).toBe(200)
    expect(upstream.only().bodyDigest).toBe(createHash('sha256').update(body).digest('hex'))
    const larger = await call(fronted.url, '/up', { method: 'POST', headers, body: Buffer.alloc(6.5 * mebibyte) })
    expect([larger.status, larger.headers['x-own-answer-of']]).toEqual([413, 'the front'])
  })
})

describe('an answer beyond the limits', () => {
  it.each([
    ['of a declared length', { 'content-length': String(7 * mebibyte) }],
    ['of an unknown length', {}],
  ])('%s is a 502 of a buffered function, which goes on', async (_name, headers) => {
    const upstream = await upstreamForTest()
    upstream.answer('/large', (...asked) => streamOf(chunks(7 * mebibyte), headers)(...asked))
    const fronted = await frontedForTest({ kind: 'function-url', config: configuration(upstream.port) })
    const answer = await call(fronted.url, '/large')
    expect([answer.status, answer.json()]).toMatchObject([502, { code: 'response_too_large' }])
    const spelled = await rawRequest(`${fronted.url}/proxy/large`, { headers: nango })
    expect([spelled.status, spelled.json()]).toMatchObject([502, { error: { code: 'response_too_large' } }])
    expect((await call(fronted.url, '/fine')).status).toBe(200)
  })

  it('of a balancer is a 502 above 1 MB', async () => {
    const upstream = await upstreamForTest()
    upstream.answer('/large', streamOf(chunks(1.5 * mebibyte)))
    const fronted = await frontedForTest({ kind: 'balancer', config: configuration(upstream.port) })
    expect((await call(fronted.url, '/large')).json()).toMatchObject({ code: 'response_too_large' })
  })

  it('of 6 MB is none for a streaming function', async () => {
    const upstream = await upstreamForTest()
    upstream.answer('/large', streamOf(chunks(40 * mebibyte)))
    const fronted = await frontedForTest({ kind: 'function-url', streams: true, config: configuration(upstream.port) })
    const answer = await call(fronted.url, '/large')
    expect([answer.status, answer.body.length]).toEqual([200, 40 * mebibyte])
  })

  it('of 200 MB is a 502 of a streaming function when its length is declared', async () => {
    const upstream = await upstreamForTest()
    upstream.answer('/large', (response) => {
      response.writeHead(200, { 'content-length': 201 * mebibyte })
      response.write('begun')
    })
    const fronted = await frontedForTest({ kind: 'function-url', streams: true, config: configuration(upstream.port) })
    const answer = await call(fronted.url, '/large')
    expect([answer.status, answer.json()]).toMatchObject([502, { code: 'response_too_large' }])
  })

  it('is cut where it was not declared, so that it never looks whole', async () => {
    const upstream = await upstreamForTest()
    upstream.answer('/large', streamOf(chunks(6 * mebibyte)))
    const environment = { PROXY_MAX_STREAMED_MIB: '5' }
    const config = configuration(upstream.port)
    const fronted = await frontedForTest({ kind: 'function-url', streams: true, config, environment })
    await expect(call(fronted.url, '/large')).rejects.toThrow()
    expect((await call(fronted.url, '/fine')).status).toBe(200)
  })
})

describe('an upstream that breaks off in the middle', () => {
  const breaks = (response: import('node:http').ServerResponse): void => {
    response.writeHead(200, { 'content-length': 100_000 })
    response.write('half of it', () => response.socket?.resetAndDestroy())
  }

  it('is a failure for the caller of a streaming function, which goes on', async () => {
    const upstream = await upstreamForTest()
    upstream.answer('/breaks', breaks)
    const fronted = await frontedForTest({ kind: 'function-url', streams: true, config: configuration(upstream.port) })
    const outcome = await call(fronted.url, '/breaks').then(
      (answer) => answer.status,
      () => 'cut',
    )
    expect([502, 'cut']).toContain(outcome)
    expect((await call(fronted.url, '/fine')).status).toBe(200)
  })

  it('is a 502 of a buffered function, as nothing has left', async () => {
    const upstream = await upstreamForTest()
    upstream.answer('/breaks', breaks)
    const fronted = await frontedForTest({ kind: 'http-api', config: configuration(upstream.port) })
    const answer = await call(fronted.url, '/breaks')
    expect(answer.status).toBe(502)
    expect(answer.json()).toMatchObject({ code: expect.stringMatching(/^upstream_/) })
  })
})

describe('what a function writes', () => {
  it('is a line and metrics for each call, without a secret', async () => {
    const upstream = await upstreamForTest()
    const fronted = await frontedForTest({ kind: 'function-url', config: configuration(upstream.port) })
    await call(fronted.url, '/logged?token=secret-in-query')
    const lines = fronted.function
      .logs()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'call', status: 200, account: 'apn_acme1' }))
    expect(lines).toContainEqual(
      expect.objectContaining({
        app: 'acme',
        dialect: 'pipedream',
        Calls: 1,
        Faults: 0,
        Duration: expect.any(Number),
        _aws: expect.objectContaining({ CloudWatchMetrics: [expect.objectContaining({ Namespace: 'ApiProxy' })] }),
      }),
    )
    expect(fronted.function.logs()).not.toMatch(/secret-in-query|key-of-development|api-key-of-user/)
    expect(callPath('/')).toContain('apn_acme1')
  })
})

interface CountingServer {
  readonly server: Server
  readonly port: number
  readonly requests: readonly string[]
}

async function countingServer(): Promise<CountingServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    request.resume().on('end', () => response.end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port, requests }
}
