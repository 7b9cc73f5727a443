import { afterEach, describe, expect, it } from 'vitest'
import { asked, type RetryBench, type RetryBenchOptions, startRetryBench } from './retry-bench.js'

let bench: RetryBench

async function start(options?: RetryBenchOptions): Promise<RetryBench> {
  bench = await startRetryBench(options)
  return bench
}

afterEach(() => bench.stop())

describe('extra attempts', () => {
  it('are as many as were asked for, and the last answer is returned', async () => {
    await start()
    bench.replies = [{ status: 500 }]
    const { answer, waits } = await bench.run(asked(3))
    expect([answer.status, String(answer.body)]).toEqual([500, 'answer 4'])
    expect(waits).toEqual([3_000, 6_000, 12_000])
    expect(bench.seen.map(({ at }) => at)).toEqual([0, 3_000, 9_000, 21_000])
    expect(bench.calls[0]).toMatchObject({ attempts: 4, status: 500, outcome: 'ok' })
  })

  it('end with the first answer that needs none', async () => {
    await start()
    bench.replies = [{ status: 503 }, { status: 429 }, { status: 200, body: 'fine' }]
    const { answer, attempts } = await bench.run(asked(10))
    expect([answer.status, String(answer.body)]).toEqual([200, 'fine'])
    expect(attempts).toMatchObject([
      { type: 'attempt', dialect: 'plain', app: 'acme', attempt: 1, status: 503, code: undefined, waitMs: 3_000 },
      { attempt: 2, status: 429, waitMs: 6_000 },
    ])
    expect(new Set(attempts.map(({ requestId }) => requestId))).toEqual(new Set([bench.calls[0]?.requestId]))
  })

  it.each([undefined, { attempts: 0, statuses: [500] }, { attempts: undefined, statuses: [500] }])(
    'are none for %o',
    async (retries) => {
      await start()
      bench.replies = [{ status: 500 }]
      expect((await bench.run(retries === undefined ? {} : { retries })).answer.status).toBe(500)
      expect(bench.seen).toHaveLength(1)
    },
  )

  it('can be an app’s default, which the caller may change', async () => {
    await start({ retry: { attempts: 1 } })
    bench.replies = [{ status: 500 }]
    await bench.run()
    expect(bench.seen).toHaveLength(2)
    await bench.run(asked(0))
    expect(bench.seen).toHaveLength(3)
    await bench.run(asked(2))
    expect(bench.seen).toHaveLength(6)
    bench.replies = [{ status: 404 }]
    await bench.run({ retries: { attempts: undefined, statuses: [404] } })
    expect(bench.seen).toHaveLength(8)
  })
})

describe('worth a retry', () => {
  it.each([500, 502, 503, 504, 520, 599, 429])('is %i', async (status) => {
    await start()
    bench.replies = [{ status }, { status: 200 }]
    expect((await bench.run(asked(1))).answer.status).toBe(200)
  })

  it.each([200, 204, 304, 400, 401, 403, 404, 408, 409, 422, 451])(
    'is not %i, but Retry-On makes it',
    async (status) => {
      await start()
      bench.replies = [{ status }, { status: 418 }]
      expect((await bench.run(asked(1, 409, 410))).answer.status).toBe(status === 409 ? 418 : status)
      expect((await bench.run(asked(1, status, 410))).answer.status).toBe(418)
    },
  )

  it('is what the app’s error_code says, in place of the usual statuses', async () => {
    await start({ retry: { error_code: ['403', '5xx', '418-420'] } })
    for (const [status, is] of [
      [403, true],
      [500, true],
      [599, true],
      [417, false],
      [418, true],
      [420, true],
      [421, false],
      [429, false],
    ] as const) {
      const before = bench.seen.length
      bench.replies = [...Array.from({ length: before }, () => ({ status: 200 })), { status }, { status: 200 }]
      expect([status, (await bench.run(asked(1))).answer.status]).toEqual([status, is ? 200 : status])
    }
    bench.replies = [{ status: 429 }]
    const before = bench.seen.length
    await bench.run(asked(1, 429))
    expect(bench.seen).toHaveLength(before + 2)
  })

  it('is a refusal when nothing remains', async () => {
    await start({ retry: { remaining: 'X-Quota-Remaining' } })
    bench.replies = [{ status: 403, headers: { 'x-quota-remaining': '0' } }, { status: 200 }]
    expect((await bench.run(asked(1))).answer.status).toBe(200)
    bench.replies = [{ status: 403, headers: { 'x-quota-remaining': '1' } }]
    expect((await bench.run(asked(1))).answer.status).toBe(403)
    bench.replies = [{ status: 200, headers: { 'x-quota-remaining': '0' } }]
    const { waits } = await bench.run(asked(1))
    expect(waits).toEqual([])
  })

  it('is a reset, and a connection that is refused', async () => {
    await start()
    bench.replies = ['reset', { status: 200 }]
    const { answer, attempts } = await bench.run(asked(1))
    expect([answer.status, bench.seen.length]).toEqual([200, 2])
    expect(attempts).toMatchObject([{ attempt: 1, status: undefined, code: 'upstream_connect', waitMs: 3_000 }])
    const dead = await startRetryBench({ app: { connect: { base_proxy_target_url: 'http://localhost:1' } } })
    const refused = await dead.run(asked(2))
    expect([refused.answer.status, refused.answer.header('x-code')]).toEqual([502, 'upstream_connect'])
    expect(refused.waits).toEqual([3_000, 6_000])
    await dead.stop()
  })

  it('is not a head that did not come in time', async () => {
    await start({ limits: { headTimeoutMs: 10_000 } })
    let arrived = (): void => undefined
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    bench.replies = [() => arrived()]
    const pending = bench.run(asked(3))
    await arrival
    bench.clock.advance(10_001)
    const { answer, waits } = await pending
    expect([answer.status, answer.header('x-code'), waits]).toEqual([504, 'upstream_timeout', []])
  })
})

describe('the wait', () => {
  const now = Date.UTC(2026, 0, 1)
  const date = (ms: number) => new Date(now + ms).toUTCString()

  it.each([
    ['Retry-After in seconds', {}, { 'retry-after': '7' }, 7_000],
    ['Retry-After of no time', {}, { 'retry-after': '0' }, 0],
    ['Retry-After as a date', {}, { 'retry-after': date(9_000) }, 9_000],
    ['Retry-After in the form of RFC 850', {}, { 'retry-after': 'Thursday, 01-Jan-26 00:00:11 GMT' }, 11_000],
    ['Retry-After in the form of asctime', {}, { 'retry-after': 'Thu Jan  1 00:00:12 2026' }, 12_000],
    ['a date that is past', {}, { 'retry-after': date(-9_000) }, 3_000],
    ['negative seconds', {}, { 'retry-after': '-5' }, 3_000],
    ['an absurd number', {}, { 'retry-after': '99999999999' }, 3_000],
    ['an absurd date', {}, { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }, 3_000],
    ['no number', {}, { 'retry-after': 'soon' }, 3_000],
    ['an empty value', {}, { 'retry-after': '' }, 3_000],
    ['epoch seconds', { at: 'x-reset' }, { 'x-reset': String(now / 1000 + 20) }, 20_000],
    ['epoch milliseconds', { at: 'x-reset' }, { 'x-reset': String(now + 21_500) }, 21_500],
    ['a date of the app’s own', { at: 'X-Reset' }, { 'x-reset': date(22_000) }, 22_000],
    ['an ISO date', { at: 'x-reset' }, { 'x-reset': '2026-01-01T00:00:23.000Z' }, 23_000],
    ['an epoch that is past, then Retry-After', { at: 'x-reset' }, { 'x-reset': '30', 'retry-after': '4' }, 4_000],
    ['seconds of the app’s own', { after: 'x-after' }, { 'x-after': '1.5', 'retry-after': '40' }, 1_500],
    ['the longest of several', { after: ['x-a', 'x-b'], at: ['x-c'] }, { 'x-a': '5', 'x-b': '8', 'x-c': '1' }, 8_000],
    [
      'the longest of both kinds',
      { after: ['x-a'], at: ['x-b', 'x-c'] },
      { 'x-a': '5', 'x-b': date(6_000), 'x-c': date(7_000) },
      7_000,
    ],
    ['an app’s header that is missing', { after: 'x-after', at: 'x-reset' }, { 'retry-after': '6' }, 6_000],
  ])('is read from %s', async (_name, retry, headers, waitMs) => {
    await start({ retry })
    bench.replies = [{ status: 429, headers: headers as Record<string, string> }, { status: 200 }]
    const { answer, waits } = await bench.run(asked(1))
    expect([answer.status, waits, bench.seen[1]?.at]).toEqual([200, [waitMs], waitMs])
  })

  it('beyond the cap ends the attempts, with the answer that asked for it', async () => {
    await start()
    bench.replies = [{ status: 429, headers: { 'retry-after': '61', 'x-mine': '1' }, body: 'not now' }]
    const { answer, waits } = await bench.run(asked(3))
    expect([answer.status, String(answer.body), answer.header('retry-after'), waits]).toEqual([
      429,
      'not now',
      '61',
      [],
    ])
    expect(bench.seen).toHaveLength(1)
    bench.replies = [{ status: 429 }, { status: 429, headers: { 'retry-after': '60' } }, { status: 200 }]
    expect((await bench.run(asked(1))).waits).toEqual([60_000])
  })

  it('grows until it passes the cap, which the operator may raise', async () => {
    await start()
    bench.replies = [{ status: 500 }]
    expect((await bench.run(asked(10))).waits).toEqual([3_000, 6_000, 12_000, 24_000, 48_000])
    const patient = await startRetryBench({ limits: { maxRetryWaitMs: 700_000, retryTotalMs: 10_000_000 } })
    patient.replies = [{ status: 500 }]
    const { waits } = await patient.run(asked(10))
    expect(waits.slice(5)).toEqual([96_000, 192_000, 384_000, 600_000, 600_000])
    await patient.stop()
  })

  it('never passes the deadline of all attempts', async () => {
    await start({ limits: { retryTotalMs: 25_000 } })
    bench.replies = [{ status: 500, headers: { 'retry-after': '10' } }]
    const { answer, waits } = await bench.run(asked(10))
    expect([answer.status, waits]).toEqual([500, [10_000, 10_000]])
  })

  it('leaves each attempt its own time to the head, within the deadline of all', async () => {
    await start({ limits: { headTimeoutMs: 30_000, retryTotalMs: 50_000 } })
    let arrived = (): void => undefined
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    bench.replies = [{ status: 500, headers: { 'retry-after': '40' } }, () => arrived()]
    const pending = bench.run(asked(1))
    await arrival
    bench.clock.advance(9_999)
    expect(bench.calls).toHaveLength(0)
    bench.clock.advance(2)
    expect((await pending).answer.header('x-code')).toBe('upstream_timeout')
  })
})

describe('between attempts', () => {
  it('a caller who leaves ends the wait, and nothing is sent any more', async () => {
    await start()
    bench.replies = [{ status: 503 }]
    let leave = (): void => undefined
    const pending = bench.engine.call({
      target: '/x',
      account: 'apn_acme',
      ...asked(3),
      onStart: (go) => {
        leave = go
      },
    })
    await bench.nextAttempt()
    const timers = bench.clock.waiting
    leave()
    expect((await pending).status).toBe(0)
    expect(bench.clock.waiting).toBeLessThan(timers)
    expect(bench.calls).toMatchObject([{ outcome: 'caller-left', status: 0, attempts: 1 }])
    bench.clock.advance(60_000)
    expect(bench.seen).toHaveLength(1)
  })

  it('a short answer is drained and its connection used again', async () => {
    await start()
    bench.replies = [{ status: 503, body: 'x'.repeat(2_000) }, { status: 503 }, { status: 200 }]
    expect((await bench.run(asked(2))).answer.status).toBe(200)
    expect(bench.connections).toBe(1)
  })

  it('a long answer loses its connection', async () => {
    await start()
    bench.replies = [(_request, response) => response.writeHead(503).write(Buffer.alloc(300_000)), { status: 200 }]
    expect((await bench.run(asked(1))).answer.status).toBe(200)
    expect(bench.connections).toBe(2)
    expect(await bench.openConnections()).toBe(1)
  })

  it('the request is signed anew', async () => {
    await start({ app: { auth: [{ kind: 'header', name: 'x-moment', value: '{{now()}}' }] } })
    bench.replies = [{ status: 503, headers: { 'retry-after': '5' } }, { status: 200 }]
    await bench.run(asked(1))
    const [first, second] = bench.seen.map(({ headers }) => Number(headers['x-moment']))
    expect((second ?? 0) - (first ?? 0)).toBe(5)
  })
})

describe('with redirects', () => {
  it('the attempts of a call are counted over all of its hops', async () => {
    await start()
    bench.replies = [
      { status: 503 },
      { status: 302, headers: { location: '/next' } },
      { status: 503 },
      { status: 503 },
      { status: 503, body: 'the end' },
    ]
    const { answer, waits } = await bench.run(asked(3))
    expect(bench.seen.map(({ url }) => url)).toEqual(['/x', '/x', '/next', '/next', '/next'])
    expect([answer.status, String(answer.body), waits]).toEqual([503, 'the end', [3_000, 6_000, 12_000]])
  })
})
