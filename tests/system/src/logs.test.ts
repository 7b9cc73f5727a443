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
    const { url, headers } = world.call(`/${'long-path/'.repeat(700)}`, await world.token())
    for (let wave = 0; wave < 16; wave += 1) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => rawRequest(url, { headers })))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    }
    const metrics = (await rawRequest(`${world.url}/metrics`)).text()
    expect(Number(/^proxy_log_lines_dropped_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0)
    world.server.child.kill('SIGTERM')
    expect(await world.server.ended).toBe(0)
  })

  it('whose reader is gone ends nothing', async () => {
    const world = await startWorld({ upstreamPort: upstream.port })
    const { url, headers } = world.call('/x', await world.token())
    world.server.child.stdout?.destroy()
    for (let call = 0; call < 10; call += 1) expect((await rawRequest(url, { headers })).status).toBe(200)
    const dropped = async () => {
      const metrics = (await rawRequest(`${world.url}/metrics`)).text()
      return Number(/^proxy_log_lines_dropped_total (\d+)$/m.exec(metrics)?.[1])
    }
    // With those that were on their way.
    await expect.poll(dropped).toBeGreaterThanOrEqual(10)
    world.server.child.kill('SIGTERM')
    expect(await world.server.ended).toBe(0)
  })
})
