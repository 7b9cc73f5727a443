import { PassThrough, Readable } from 'node:stream'
import { memoryLeaseStore } from '@proxy/storage-memory'
import { afterEach, describe, expect, it } from 'vitest'
import { asked, type Reply, type RetryBench, type RetryBenchOptions, startRetryBench } from './retry-bench.js'
import type { EngineCall } from './start-engine.js'

let bench: RetryBench

async function start(options?: RetryBenchOptions): Promise<RetryBench> {
  bench = await startRetryBench(options)
  return bench
}

afterEach(() => bench.stop())

/** How often the upstream got a call whose first attempt it answers so. */
async function sentFor(first: Reply, call: Partial<EngineCall>): Promise<number> {
  bench.replies = [first, { status: 200 }]
  await bench.run({ body: 'payment', ...call })
  return bench.seen.length
}

const key = { headers: ['idempotency-key', 'k-1'] }
const busy = { status: 503, headers: { 'retry-after': '1' } }

describe.each(['POST', 'PATCH', 'MKCOL'])('%s', (method) => {
  it.each<[string, Reply, Partial<EngineCall>, number]>([
    ['not after a reset', 'reset', asked(3), 1],
    ['after a reset with an idempotency key', 'reset', { ...asked(3), ...key }, 2],
    ['after a reset with a key of the older name', 'reset', { ...asked(3), headers: ['x-idempotency-key', 'k'] }, 2],
    ['not after 500', { status: 500 }, asked(3), 1],
    ['not after 502', { status: 502 }, asked(3), 1],
    ['not after 504, although it says when', { status: 504, headers: { 'retry-after': '1' } }, asked(3), 1],
    ['after 500 with an idempotency key', { status: 500 }, { ...asked(3), ...key }, 2],
    ['after 500 that Retry-On names', { status: 500 }, asked(3, 500), 2],
    ['not after 500 when Retry-On names another', { status: 500 }, asked(3, 502), 1],
    ['after 503 that says when', busy, asked(3), 2],
    ['not after 503 that does not say when', { status: 503 }, asked(3), 1],
    ['after 429', { status: 429 }, asked(3), 2],
    ['not when nobody asked', 'reset', {}, 1],
    ['not when nobody asked, even with a key', { status: 500 }, key, 1],
  ])('is sent again: %s', async (_name, first, call, times) => {
    await start()
    expect(await sentFor(first, { method, ...call })).toBe(times)
  })

  it.each<[string, Reply, Partial<EngineCall>, number]>([
    ['not after a reset', 'reset', key, 1],
    ['not after 500', { status: 500 }, key, 1],
    ['not after 503 that says when', busy, {}, 1],
    ['after 429', { status: 429 }, {}, 2],
    ['after 503 that says when, if the caller asked', busy, asked(1), 2],
  ])('is sent again by an app’s default: %s', async (_name, first, call, times) => {
    await start({ retry: { attempts: 3 } })
    expect(await sentFor(first, { method, ...call })).toBe(times)
  })

  it('is sent again with the key that its vendor knows, and not with one that it does not', async () => {
    await start({ app: { idempotency_header: 'X-Write-Id' } })
    const call = { method, ...asked(3) }
    expect(await sentFor('reset', { ...call, headers: ['x-write-id', 'w-1'] })).toBe(2)
    expect(await sentFor('reset', { ...call, ...key })).toBe(2 + 1)
  })

  it('is sent again when the connection was refused, if the caller asked', async () => {
    await start({ retry: { attempts: 3 }, app: { connect: { base_proxy_target_url: 'http://localhost:1' } } })
    const call = { method, body: 'payment' }
    expect((await bench.run({ ...call, ...asked(2) })).waits).toEqual([3_000, 6_000])
    expect((await bench.run(call)).waits).toEqual([])
  })
})

describe.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PROPFIND', 'REPORT'])('%s', (method) => {
  it.each<[string, Reply]>([
    ['a reset', 'reset'],
    ['500', { status: 500 }],
    ['503', { status: 503 }],
  ])('is sent again after %s, also by an app’s default', async (_name, first) => {
    await start({ retry: { attempts: 1 } })
    const body = method === 'PUT' ? 'thing' : undefined
    bench.replies = [first, { status: 200 }]
    expect((await bench.run({ method, ...(body !== undefined && { body }) })).answer.status).toBe(200)
    expect(bench.seen.map((seen) => seen.body)).toEqual([body ?? '', body ?? ''])
  })
})

describe('a body', () => {
  const mebibyte = 1024 * 1024
  const bytes = (length: number) => Buffer.alloc(length, 'abcdefg')
  const chunked = (length: number) => Readable.from(inParts(bytes(length)))

  function* inParts(whole: Buffer): Generator<Buffer> {
    for (let at = 0; at < whole.length; at += 50_000) yield whole.subarray(at, at + 50_000)
  }

  it.each<[string, () => Partial<EngineCall>, number, number]>([
    ['of a known length', () => ({ body: bytes(500_000) }), 500_000, 2],
    ['of just the bound', () => ({ body: bytes(mebibyte) }), mebibyte, 2],
    ['beyond the bound', () => ({ body: bytes(mebibyte + 1) }), mebibyte + 1, 1],
    ['of unknown length that is short', () => ({ body: chunked(300_000) }), 300_000, 2],
    ['of unknown length and no byte', () => ({ body: chunked(0) }), 0, 2],
    ['of unknown length that is just the bound', () => ({ body: chunked(mebibyte) }), mebibyte, 2],
    ['of unknown length beyond the bound', () => ({ body: chunked(3 * mebibyte) }), 3 * mebibyte, 1],
  ])('%s is sent again whole, or once', async (_name, body, length, times) => {
    await start()
    bench.replies = [busy, { status: 201 }]
    const { answer } = await bench.run({ method: 'POST', ...body(), ...asked(1) })
    expect([answer.status, bench.seen.length]).toEqual([times === 2 ? 201 : 503, times])
    for (const seen of bench.seen) expect(seen.body === String(bytes(length))).toBe(true)
  })

  it('over the cap is refused before anything is sent, whatever its length says', async () => {
    await start({ limits: { maxRequestBytes: 1_000 } })
    for (const body of [bytes(1_001), chunked(1_001)]) {
      const { answer } = await bench.run({ method: 'POST', body, ...asked(1) })
      expect([answer.status, answer.header('x-code')]).toEqual([413, 'payload_too_large'])
    }
    expect((await bench.run({ method: 'POST', body: chunked(1_000), ...asked(1) })).answer.status).toBe(200)
    expect(bench.seen).toHaveLength(1)
  })

  it('that breaks off while it is held is the caller’s fault', async () => {
    await start()
    const body = new PassThrough()
    body.write('half')
    const pending = bench.run({ method: 'POST', body, ...asked(1) })
    body.destroy()
    expect((await pending).answer.header('x-code')).toBe('invalid_request')
    expect(bench.seen).toHaveLength(0)
  })
})

describe('after a 401', () => {
  function renewing(tokens: readonly string[]): { options: RetryBenchOptions; exchanges: () => number } {
    let exchanges = 0
    return {
      exchanges: () => exchanges,
      options: {
        app: {
          auth_type: 'oauth',
          custom_fields: [],
          auth: [{ kind: 'bearer' }],
          oauth: { token_url: 'https://login.acme.example/token' },
        },
        account: { customFields: {}, credentials: { oauth_access_token: 'first', oauth_refresh_token: 'refresh' } },
        renewal: () => ({
          leases: memoryLeaseStore(),
          exchange: {
            exchange: async () => {
              const token = tokens[exchanges] ?? 'no more'
              exchanges += 1
              return { credentials: { oauth_access_token: token }, expiresAt: undefined, scopes: undefined }
            },
          },
        }),
      },
    }
  }

  const sentTokens = () => bench.seen.map(({ headers }) => headers.authorization)

  it('the token is renewed and the call sent again once, without a wait and without being asked', async () => {
    const { options, exchanges } = renewing(['second'])
    await start(options)
    bench.replies = [{ status: 401 }, { status: 200 }]
    const { answer, attempts } = await bench.run({ method: 'POST', body: 'payment' })
    expect([answer.status, exchanges()]).toEqual([200, 1])
    expect(sentTokens()).toEqual(['Bearer first', 'Bearer second'])
    expect(attempts).toMatchObject([{ attempt: 1, status: 401, waitMs: 0 }])
  })

  it('a second 401 is returned, also with retries', async () => {
    const { options, exchanges } = renewing(['second', 'third'])
    await start(options)
    bench.replies = [{ status: 401 }]
    const { answer } = await bench.run(asked(5))
    expect([answer.status, exchanges(), bench.seen.length]).toEqual([401, 1, 2])
  })

  it('renewal and retries go together, and a call renews once', async () => {
    const { options, exchanges } = renewing(['second', 'third'])
    await start(options)
    bench.replies = [busy, { status: 401 }, busy, { status: 401, body: 'refused' }]
    const { answer, waits } = await bench.run(asked(5))
    expect([answer.status, String(answer.body), waits]).toEqual([401, 'refused', [1_000, 0, 1_000]])
    expect(sentTokens()).toEqual(['Bearer first', 'Bearer first', 'Bearer second', 'Bearer second'])
    expect(exchanges()).toBe(1)
  })
})
