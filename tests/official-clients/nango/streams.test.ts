import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { deferred, eventStream, sequence, status, streamOf } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { acme, callHeaders, errorOf, type NangoWorld, startNangoWorld } from './world.js'

const mebibyte = 1024 * 1024
/** How much more than before the server may hold while a GiB passes through it. */
const growthBytes = 64 * mebibyte

let world: NangoWorld

beforeAll(async () => {
  world = await startNangoWorld({ limits: { project: 'none', headTimeout: '5s', maxRequestBody: '1MiB' } })
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

function* chunks(totalBytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(256 * 1024, 'abcdefgh')
  for (let sent = 0; sent < totalBytes; sent += chunk.length) yield chunk
}

async function open(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const call = request(`${world.server.url}/proxy${path}`, { headers: { ...callHeaders, ...headers }, agent: false })
  const [response] = (await once(call.end(), 'response')) as [IncomingMessage]
  return response
}

async function lengthOf(response: IncomingMessage): Promise<number> {
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) length += chunk.length
  return length
}

describe('an answer', () => {
  it('of events arrives event by event', async () => {
    const second = deferred()
    async function* events() {
      yield 'first'
      await second.promise
      yield 'second'
    }
    world.upstream.answer('/events', eventStream(events()))
    const answer = await world.client().get({ ...acme, endpoint: '/events', responseType: 'stream' })
    const parts = (answer.data as IncomingMessage)[Symbol.asyncIterator]()
    expect(String((await parts.next()).value)).toBe('data: first\n\n')
    second.resolve()
    expect(String((await parts.next()).value)).toBe('data: second\n\n')
    expect((await parts.next()).done).toBe(true)
  })

  it('of a GiB passes in flat memory', async () => {
    world.upstream.answer('/warm-up', streamOf(chunks(64 * mebibyte)))
    await lengthOf(await open('/warm-up'))
    const before = await world.server.peakMemoryBytes()
    world.upstream.answer('/large', streamOf(chunks(1024 * mebibyte)))
    expect(await lengthOf(await open('/large'))).toBe(1024 * mebibyte)
    const after = await world.server.peakMemoryBytes()
    if (before !== undefined && after !== undefined) expect(after - before).toBeLessThan(growthBytes)
  }, 120_000)

  it.each([
    ['a reset', (response: import('node:http').ServerResponse) => response.socket?.resetAndDestroy()],
    ['an early end', (response: import('node:http').ServerResponse) => response.socket?.end()],
  ])('that breaks by %s is a failure for the caller', async (_name, end) => {
    world.upstream.answer('/breaks', (response) => {
      response.writeHead(200, { 'content-length': 100_000 })
      response.write('some', () => setTimeout(() => end(response), 20))
    })
    const error = await errorOf(world.client().get({ ...acme, endpoint: '/breaks' }))
    expect(error.isAxiosError).toBe(true)
    expect(['ECONNRESET', 'ERR_BAD_RESPONSE']).toContain(error.code)
  })

  it('ends upstream when the caller goes', async () => {
    const gone = deferred()
    world.upstream.answer('/goes-on', async (response, asked) => {
      response.once('close', () => gone.resolve())
      await streamOf(chunks(1024 * mebibyte))(response, asked)
    })
    const response = await open('/goes-on')
    await once(response, 'readable')
    response.destroy()
    await gone.promise
  })
})

describe('a caller who leaves', () => {
  it('before the head ends the call upstream', async () => {
    const arrived = deferred()
    const gone = deferred()
    world.upstream.answer('/waits', (response) => {
      response.once('close', () => gone.resolve())
      arrived.resolve()
    })
    const call = request(`${world.server.url}/proxy/waits`, { headers: callHeaders, agent: false }).end()
    call.on('error', () => undefined)
    await arrived.promise
    call.destroy()
    await gone.promise
  })

  it('during the wait for a retry ends the wait, and nothing more is sent', async () => {
    const arrived = deferred()
    world.upstream.answer('/busy', (response, asked) => {
      arrived.resolve()
      return status(503, { 'retry-after': '2' })(response, asked)
    })
    const call = request(`${world.server.url}/proxy/busy`, { headers: { ...callHeaders, retries: '3' }, agent: false })
    call.on('error', () => undefined).end()
    await arrived.promise
    await untilLogged('"msg":"attempt"')
    call.destroy()
    await untilLogged('"outcome":"caller-left"')
    expect(world.upstream.requests).toHaveLength(1)
  })
})

it('a body over the cap is refused with JSON', async () => {
  const answer = await world.raw('/proxy/up', { method: 'POST', body: Buffer.alloc(mebibyte + 1) })
  expect([answer.status, answer.json()]).toMatchObject([413, { error: { code: 'request_too_large' } }])
  const streamed = await world.raw('/proxy/up', { method: 'POST', body: chunks(2 * mebibyte) })
  expect(streamed.status).toBe(413)
  expect((await world.raw('/proxy/up', { method: 'POST', body: Buffer.alloc(mebibyte) })).status).toBe(200)
})

it('the deadline to the head is a 504 with a code', async () => {
  world.upstream.answer(
    '/never',
    sequence(() => undefined),
  )
  const answer = await world.raw('/proxy/never')
  expect([answer.status, answer.json()]).toMatchObject([504, { error: { code: 'upstream_timeout' } }])
})

async function untilLogged(text: string): Promise<void> {
  while (!world.server.logs().includes(text)) await new Promise((resolve) => setTimeout(resolve, 10))
}
