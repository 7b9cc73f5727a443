import { rawRequest } from '@proxy/test-support'
import { beforeAll, describe, expect, it } from 'vitest'
import { versions } from './clients/versions.js'
import { accounts, user } from './world/configuration.js'
import { accessToken, callHeaders, proxyUrl, refusalOf } from './world/raw-calls.js'
import { startWorld, type World } from './world/start-world.js'

const call = { externalUserId: user, accountId: accounts.acme, url: '/limited' }

describe.each(versions)('throttling as the official client $name lives it', (version) => {
  describe('with one request a minute', () => {
    let world: World
    beforeAll(async () => {
      world = await startWorld({ sections: { limits: { project: { requests: 1, window: '60s' } } } })
      return () => world.stop()
    })

    it('lets one pass and throws the exception for the next, which the upstream never sees', async () => {
      const client = version.connect({ url: world.server.url })
      await client.proxy.get(call)
      const refused = client.proxy.get(call, { maxRetries: 0 })

      await expect(refused).rejects.toBeInstanceOf(version.throttledProxyCall)
      await expect(refused).rejects.toMatchObject({
        statusCode: 429,
        body: { error: 'Throttled', code: 'rate_limited' },
      })
      expect(world.upstream.requests).toHaveLength(1)
      const { headers } = (await Promise.resolve(refused).catch(
        (error: { rawResponse: Response }) => error.rawResponse,
      )) as Response
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(headers.get('x-ratelimit-limit')).toBe('1')
      expect(headers.get('x-ratelimit-remaining')).toBe('0')
      expect(Number(headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000)
    })
  })

  describe('with one request a second', () => {
    let world: World
    beforeAll(async () => {
      world = await startWorld({ sections: { limits: { project: { requests: 1, window: '1s' } } } })
      return () => world.stop()
    })

    it('is obeyed by the client, whose own repetition then passes', async () => {
      const client = version.connect({ url: world.server.url })
      const startMs = performance.now()
      await client.proxy.get(call)
      await client.proxy.get(call)
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(790) // 2.0 takes up to a fifth off the time asked for
      expect(world.upstream.requests).toHaveLength(2)
    })
  })
})

describe('a window of the caller', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
    return () => world.stop()
  })

  it('holds for the calls that name it, and for no others', async () => {
    const token = await accessToken(world)
    const made = await rawRequest(`${world.server.url}/v1/connect/rate_limits`, {
      method: 'POST',
      headers: { ...callHeaders(token), 'content-type': 'application/json' },
      body: JSON.stringify({ window_size_seconds: 60, requests_per_window: 1 }),
    })
    const { token: window } = made.json() as { token: string }
    const within = { headers: { ...callHeaders(token), 'x-pd-rate-limit': window } }
    const target = proxyUrl(world, '/in-a-window')

    expect((await rawRequest(target, within)).status).toBe(200)
    expect(refusalOf(await rawRequest(target, within))).toEqual({
      status: 429,
      code: 'rate_limited',
      marked: 'rate_limited',
    })
    expect((await rawRequest(target, { headers: callHeaders(token) })).status).toBe(200)
    expect(world.upstream.requests).toHaveLength(2)
  })
})
