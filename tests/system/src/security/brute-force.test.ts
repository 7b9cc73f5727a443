import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../engine/raw-upstream.js'
import { type Callers, keepAliveCallers, type QuickAnswer } from './callers.js'
import { project, startTown, type Town } from './town.js'

let upstream: RawUpstream
let town: Town
let callers: Callers

beforeAll(async () => {
  upstream = await startRawUpstream()
  upstream.script = (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  town = await startTown({ upstreamPort: upstream.port, client: { id: 'good', secret: 'the-good-secret' } })
  callers = keepAliveCallers(town.server.port)
})

afterAll(async () => {
  callers.close()
  await town.server.stop()
  await upstream.stop()
})

function askToken(id: string, secret: string): Promise<QuickAnswer> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: secret,
  }).toString()
  const headers = ['Content-Type', 'application/x-www-form-urlencoded']
  return callers.send({ method: 'POST', path: '/v1/oauth/token', headers, body })
}

function retryAfter({ rawHeaders }: QuickAnswer): number {
  return Number(rawHeaders[rawHeaders.findIndex((text) => text.toLowerCase() === 'retry-after') + 1])
}

describe('guessing', () => {
  it('a client’s secret meets 429 with Retry-After, while the right one always gets in', async () => {
    const statuses = new Set<number>()
    let last: QuickAnswer | undefined
    for (let guess = 0; guess < 100; guess += 1) {
      last = await askToken('good', `guess-${guess}`)
      statuses.add(last.status)
      if (guess % 10 === 0) expect((await askToken('good', 'the-good-secret')).status).toBe(200)
    }
    expect([...statuses]).toEqual([401, 429])
    expect(last?.status).toBe(429)
    if (last !== undefined) expect(retryAfter(last)).toBeGreaterThanOrEqual(1)
    expect((await askToken('good', 'the-good-secret')).status).toBe(200)
  })

  it('clients that do not exist is answered in the same bytes as a wrong secret', async () => {
    const bodies = new Set<string>()
    for (const id of ['good', 'nobody', 'nobody-2', '', 'a:b', '__proto__']) {
      const answer = await askToken(id, 'x')
      expect([401, 429]).toContain(answer.status)
      if (answer.status === 429) bodies.add(answer.body)
    }
    expect(bodies.size).toBe(1)
  })

  it('bearer values meets 429, while good ones always get in', async () => {
    const guesses = Array.from({ length: 1_100 }, (_, guess) => {
      const headers = ['Authorization', `Bearer guess-${guess}`]
      return callers.send({ path: town.path('header', '/x'), headers })
    })
    const statuses = (await Promise.all(guesses)).map(({ status }) => status)
    expect(statuses.indexOf(429)).toBeGreaterThan(0)
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
    expect((await town.call('header', '/x')).status).toBe(200)
  })
})

describe('a burst of a good client', () => {
  it('is never throttled', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => askToken('good', 'the-good-secret')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  })
})

describe('a revoked token', () => {
  async function token(): Promise<string> {
    return (JSON.parse((await askToken('good', 'the-good-secret')).body) as { access_token: string }).access_token
  }

  it('is refused by the very next call, and others of its client are not', async () => {
    const [revoked, kept] = [await token(), await token()]
    const use = async (bearer: string) => {
      const headers = ['Authorization', `Bearer ${bearer}`]
      return (await callers.send({ path: `/v1/connect/${project}/accounts`, headers })).status
    }
    expect([await use(revoked), await use(kept)]).toEqual([200, 200])
    const body = new URLSearchParams({ client_id: 'good', client_secret: 'the-good-secret', token: revoked }).toString()
    const headers = ['Content-Type', 'application/x-www-form-urlencoded']
    expect((await callers.send({ method: 'POST', path: '/v1/oauth/revoke', headers, body })).status).toBe(200)
    expect([401, 429]).toContain(await use(revoked))
    expect(await use(kept)).toBe(200)
  })
})
