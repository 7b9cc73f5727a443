import type { ServerResponse } from 'node:http'
import { type Answer, json, sequence, status } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { acme, errorOf, type NangoWorld, startNangoWorld } from './world.js'

let world: NangoWorld

beforeAll(async () => {
  world = await startNangoWorld()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

const busy = status(503, { 'retry-after': '0' })
const fine = json({ fine: true })
const reset: Answer = (response: ServerResponse) => void response.socket?.resetAndDestroy()

describe('`retries` of the official client', () => {
  it('sends the call again until it goes well', async () => {
    world.upstream.answer('/busy', sequence(busy, busy, fine))
    const answer = await world.client().get({ ...acme, endpoint: '/busy', retries: 5 })
    expect([answer.data, world.upstream.requests.length]).toEqual([{ fine: true }, 3])
  })

  it('gives the last answer when none did', async () => {
    world.upstream.answer('/busy', busy)
    const error = await errorOf(world.client().get({ ...acme, endpoint: '/busy', retries: 2 }))
    expect([error.response.status, world.upstream.requests.length]).toEqual([503, 3])
  })

  it('is none when it is left out', async () => {
    world.upstream.answer('/busy', busy)
    await errorOf(world.client().get({ ...acme, endpoint: '/busy' }))
    expect(world.upstream.requests).toHaveLength(1)
  })

  it('`retryOn` names further statuses', async () => {
    world.upstream.answer('/conflict', sequence(status(409, { 'retry-after': '0' }), fine))
    const call = { ...acme, endpoint: '/conflict', retries: 1 }
    expect((await world.client().get({ ...call, retryOn: [409, 423] })).data).toEqual({ fine: true })
    world.upstream.answer('/conflict', sequence(status(409, { 'retry-after': '0' }), fine))
    expect((await errorOf(world.client().get({ ...call, retryOn: [410] }))).response.status).toBe(409)
  })

  it.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 1_500).toUTCString()],
  ])('waits as Retry-After says in %s', async (_name, after) => {
    world.upstream.answer('/later', sequence(status(429, { 'retry-after': after() }), fine))
    const startedAt = performance.now()
    await world.client().get({ ...acme, endpoint: '/later', retries: 1 })
    // A date has whole seconds, so that less than what was meant may be left of it.
    expect(performance.now() - startedAt).toBeGreaterThan(400)
    expect(performance.now() - startedAt).toBeLessThan(3_000)
  })

  it('ends at once when the upstream asks for more than the operator allows', async () => {
    world.upstream.answer('/much-later', status(429, { 'retry-after': '4' }))
    const startedAt = performance.now()
    const error = await errorOf(world.client().get({ ...acme, endpoint: '/much-later', retries: 3 }))
    expect([error.response.status, error.response.headers['retry-after']]).toEqual([429, '4'])
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(world.upstream.requests).toHaveLength(1)
  })

  it('sends a body again as it was', async () => {
    world.upstream.answer('/busy', sequence(busy, fine))
    const data = { text: 'x'.repeat(200_000) }
    await world.client().post({ ...acme, endpoint: '/busy', data, retries: 1 })
    expect(world.upstream.requests.map((seen) => seen.body.toString())).toEqual([
      JSON.stringify(data),
      JSON.stringify(data),
    ])
  })

  it.each<[string, Answer, Record<string, string>, number]>([
    ['not after a reset', reset, {}, 1],
    ['not after 500', status(500, { 'retry-after': '0' }), {}, 1],
    ['after 503 that says when', busy, {}, 2],
    ['after 429', status(429, { 'retry-after': '0' }), {}, 2],
    ['after 500 with an idempotency key', status(500, { 'retry-after': '0' }), { 'Idempotency-Key': 'k' }, 2],
  ])('a POST is processed twice by nobody’s surprise: %s', async (_name, first, headers, times) => {
    world.upstream.answer('/payments', sequence(first, fine))
    const call = world.client().post({ ...acme, endpoint: '/payments', data: { amount: 1 }, headers, retries: 3 })
    await call.catch(() => undefined)
    expect(world.upstream.requests).toHaveLength(times)
  })

  it('has a log line for each attempt that was followed by another, and figures', async () => {
    world.upstream.answer('/busy', sequence(busy, busy, fine))
    const answer = await world.raw('/proxy/busy', { headers: { retries: '3' } })
    const id = answer.headers['x-request-id']
    const lines = await untilLogged(`"msg":"call","request_id":"${String(id)}"`)
    const attempts = lines.filter((line) => line.msg === 'attempt' && line.request_id === id)
    expect(attempts).toMatchObject([
      { attempt: 1, status: 503, wait_ms: 0, dialect: 'nango', app: 'acme' },
      { attempt: 2, status: 503, wait_ms: 0 },
    ])
    expect(lines.find((line) => line.msg === 'call' && line.request_id === id)).toMatchObject({ attempts: 3 })
    const metrics = (await world.raw('/metrics')).text()
    expect(metrics).toMatch(/proxy_retries_total\{dialect="nango",app="acme",reason="5xx"\} \d+/)
    expect(metrics).toMatch(/proxy_retry_wait_seconds_total\{dialect="nango",app="acme"\} [\d.]+/)
  })
})

async function untilLogged(text: string): Promise<readonly Record<string, unknown>[]> {
  const find = () => world.server.logs().split('\n')
  while (!find().some((line) => line.includes(text))) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return find().flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
}
