import { deferred, rawRequest, startUpstream, text, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startWorld } from './server/world.js'

let upstream: Upstream

beforeAll(async () => {
  upstream = await startUpstream()
})
beforeEach(() => upstream.forget())
afterAll(() => upstream.stop())

describe.each([['1'], ['2']])('a server of %s processes on SIGTERM', (WORKERS) => {
  it('is not ready at once, ends what is in flight, takes nothing new, and ends with 0', async () => {
    const answered = deferred()
    upstream.answer('/slow', async (response, request) => {
      await answered.promise
      await text('done')(response, request)
    })
    const world = await startWorld({
      upstreamPort: upstream.port,
      config: { server: { port: 0, publicUrl: 'http://proxy.test', drainDelay: '3s', drainTimeout: '20s' } },
      environment: { WORKERS },
    })
    const token = await world.token()
    expect((await rawRequest(`${world.url}/readyz`)).status).toBe(200)
    const { url, headers } = world.call('/slow', token)
    const slow = rawRequest(url, { headers })
    await expect.poll(() => upstream.requests.length).toBe(1)

    world.server.child.kill('SIGTERM')
    await world.server.until(/"msg":"draining"/)
    const readiness = async () => {
      const answer = await rawRequest(`${world.url}/readyz`)
      return { status: answer.status, json: answer.json() }
    }
    const draining = { status: 'draining', parts: { storage: 'ok' } }
    await expect.poll(readiness, { timeout: 3_000 }).toMatchObject({ status: 503, json: draining })
    const connecting = () => rawRequest(`${world.url}/livez`).catch((error) => error.code)
    await expect.poll(connecting, { timeout: 10_000 }).toBe('ECONNREFUSED')

    answered.resolve()
    const answer = await slow
    expect(answer.text()).toBe('done')
    expect(answer.headers.connection).toBe('close')
    expect(await world.server.ended).toBe(0)
    expect(world.server.output.out).toContain('"msg":"stopped"')
  })

  it('cuts what is stuck when the budget is spent', async () => {
    upstream.answer('/stuck', () => undefined)
    const world = await startWorld({
      upstreamPort: upstream.port,
      config: { server: { port: 0, publicUrl: 'http://proxy.test', drainTimeout: '300ms' } },
      environment: { WORKERS },
    })
    const { url, headers } = world.call('/stuck', await world.token())
    const stuck = rawRequest(url, { headers }).catch((error) => error.code)
    await expect.poll(() => upstream.requests.length).toBe(1)
    world.server.child.kill('SIGTERM')
    expect(await stuck).toBe('ECONNRESET')
    expect(await world.server.ended).toBe(0)
  })

  it('ends now when it gets a second one', async () => {
    upstream.answer('/stuck', () => undefined)
    const world = await startWorld({ upstreamPort: upstream.port, environment: { WORKERS } })
    const { url, headers } = world.call('/stuck', await world.token())
    const stuck = rawRequest(url, { headers }).catch((error) => error.code)
    await expect.poll(() => upstream.requests.length).toBe(1)
    world.server.child.kill('SIGTERM')
    await world.server.until(/"msg":"draining"/)
    world.server.child.kill('SIGTERM')
    expect(await world.server.ended).toBe(143)
    expect(await stuck).toBe('ECONNRESET')
  })
})
