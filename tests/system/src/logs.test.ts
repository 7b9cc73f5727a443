import { json, rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiKey, startWorld } from './server/world.js'

let upstream: Upstream

beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.stop())

describe('the log', () => {
  it('has one line for each call, with the id of its answer and nothing secret', async () => {
    upstream.answer('/seen', json({ ok: true }))
    const world = await startWorld({ upstreamPort: upstream.port })
    const token = await world.token()
    const { url, headers } = world.call('/seen?cursor=query-value-of-the-caller', token)
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const answer = await rawRequest(url, { headers: { ...headers, traceparent, 'x-pd-proxy-x-mine': 'header-value' } })
    expect(answer.status).toBe(200)
    expect(upstream.only().values('traceparent')).toEqual([traceparent])
    world.server.child.kill('SIGTERM')
    expect(await world.server.ended).toBe(0)

    const { out, error } = world.server.output
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const calls = lines.filter(({ msg, app }) => msg === 'call' && app === 'acme')
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatchObject({
      level: 'info',
      request_id: answer.headers['x-request-id'],
      method: 'GET',
      status: 200,
      project: 'proj_1',
      environment: 'development',
      client: 'main',
      account: 'apn_1',
      upstream_path: '/seen?cursor',
      traceparent,
    })
    for (const secret of [apiKey, token, 'query-value-of-the-caller', 'header-value', 'secret-of-the-client']) {
      expect(out + error).not.toContain(secret)
    }
  })

  it('that nobody reads holds up nothing: lines are dropped and counted', async () => {
    const world = await startWorld({ upstreamPort: upstream.port, isOutputBlocked: true })
    const { url, headers } = world.call('/x', await world.token())
    const missing = `${world.url}/v1/${'long-path/'.repeat(1_000)}`
    const wave = (target: string): Promise<number[]> =>
      Promise.all(Array.from({ length: 50 }, async () => (await rawRequest(target, { headers })).status))
    for (let count = 0; count < 40; count += 1) await wave(missing)
    expect(new Set(await wave(url))).toEqual(new Set([200]))
    world.server.child.kill('SIGTERM')
    expect(await world.server.ended).toBe(0)
  })

  it('whose reader is gone ends nothing', async () => {
    const world = await startWorld({ upstreamPort: upstream.port, shell: '"$@" | head -n 1 >&2' }).catch(
      (error) => error,
    )
    expect(world).toBeDefined()
  })
})
