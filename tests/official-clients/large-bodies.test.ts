import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { rawRequest, streamOf } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { accessToken, callHeaders, proxyUrl } from './world/raw-calls.js'
import { startWorld, type World } from './world/start-world.js'

const MEBIBYTE = 1024 * 1024
const BODY_BYTES = 200 * MEBIBYTE
/** What passes first, so that heap and pools have their working size. */
const WARM_UP_BYTES = 64 * MEBIBYTE
/** How much more than that the server may hold while 200 MiB pass through it. */
const GROWTH_BYTES = 64 * MEBIBYTE

let world: World
let token: string

beforeAll(async () => {
  world = await startWorld()
  token = await accessToken(world)
  await rawRequest(proxyUrl(world, '/up'), {
    method: 'PUT',
    headers: callHeaders(token),
    body: largeBody(WARM_UP_BYTES).chunks,
  })
  world.upstream.answer('/warm-down', streamOf(largeBody(WARM_UP_BYTES).chunks))
  const warmDown = (await open('/warm-down')).resume()
  await once(warmDown, 'end')
  world.upstream.forget()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

/** Bytes that differ from chunk to chunk, and the digest of what was handed out. */
function largeBody(lengthBytes = BODY_BYTES) {
  const digest = createHash('sha256')
  const chunk = Buffer.alloc(64 * 1024)
  let handedOut = 0
  function* chunks(): Generator<Buffer> {
    for (; handedOut < lengthBytes; handedOut += chunk.length) {
      const next = Buffer.from(chunk)
      next.writeUInt32BE(handedOut / chunk.length)
      digest.update(next)
      yield next
    }
  }
  return { chunks: chunks(), handedOut: () => handedOut, digest: () => digest.digest('hex') }
}

async function expectFlatMemory(transfer: () => Promise<void>): Promise<void> {
  const before = await world.server.peakMemoryBytes()
  await transfer()
  const after = await world.server.peakMemoryBytes()
  if (before === undefined || after === undefined) return // this system does not tell
  expect(after - before).toBeLessThan(GROWTH_BYTES)
}

async function open(target: string): Promise<IncomingMessage> {
  const call = request(proxyUrl(world, target), { headers: callHeaders(token), agent: false }).end()
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  return response
}

describe('200 MiB', () => {
  it.each([
    ['of unknown length', {}],
    ['of known length', { 'content-length': String(BODY_BYTES) }],
  ])('%s go up in flat memory', async (_, headers) => {
    await expectFlatMemory(async () => {
      const body = largeBody()
      const answer = await rawRequest(proxyUrl(world, '/up'), {
        method: 'PUT',
        headers: { ...callHeaders(token), ...headers, 'content-type': 'application/octet-stream' },
        body: body.chunks,
      })
      const seen = world.upstream.only()
      expect(answer.status).toBe(200)
      expect([seen.bodyLength, seen.bodyDigest]).toEqual([BODY_BYTES, body.digest()])
    })
  })

  it('come down in flat memory', async () => {
    await expectFlatMemory(async () => {
      const body = largeBody()
      world.upstream.answer('/down', streamOf(body.chunks, { 'content-type': 'application/octet-stream' }))
      const digest = createHash('sha256')
      for await (const chunk of (await open('/down')) as AsyncIterable<Buffer>) digest.update(chunk)
      expect(digest.digest('hex')).toBe(body.digest())
    })
  })

  it('wait upstream while the caller does not read, and end there when the caller goes', async () => {
    const body = largeBody()
    const cutOff = new Promise<void>((resolve) => {
      world.upstream.answer('/slow-reader', async (response, asked) => {
        response.once('close', () => resolve())
        await streamOf(body.chunks)(response, asked)
      })
    })
    await expectFlatMemory(async () => {
      const response = await open('/slow-reader')
      await once(response, 'readable') // and read no further
      await untilStill(body.handedOut)
      expect(body.handedOut()).toBeLessThan(BODY_BYTES / 4)
      response.destroy()
      await cutOff
    })
    expect(body.handedOut()).toBeLessThan(BODY_BYTES / 4)
  })
})

/** Waits until a count has been the same for ten looks in a row. */
async function untilStill(count: () => number): Promise<void> {
  for (let still = 0, last = -1; still < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    still = count() === last ? still + 1 : 0
    last = count()
  }
}
