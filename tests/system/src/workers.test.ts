import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorld, type World } from './server/world.js'

const execute = promisify(execFile)
let upstream: Upstream

beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.stop())

const three = { WORKERS: '3' }
const limited = (requests: number) => ({ limits: { project: { requests, window: '60s' } } })

/** Calls on connections of their own, so that they reach all workers. */
async function statuses(world: World, token: string, count: number): Promise<Map<number, number>> {
  const { url, headers } = world.call('/x', token)
  const answers = await Promise.all(Array.from({ length: count }, () => rawRequest(url, { headers })))
  const counts = new Map<number, number>()
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1)
  return counts
}

async function pids(world: World): Promise<string[]> {
  const { stdout } = await execute('ps', ['-o', 'pid=', '--ppid', String(world.server.child.pid)])
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

describe('several processes', () => {
  it('count a limit together, to the call', async () => {
    const world = await startWorld({ upstreamPort: upstream.port, environment: three, config: limited(40) })
    const counts = await statuses(world, await world.token(), 60)
    expect(counts).toEqual(
      new Map([
        [200, 40],
        [429, 20],
      ]),
    )
  })

  it('know at once what one of them stored, and what one of them revoked', async () => {
    const world = await startWorld({ upstreamPort: upstream.port, environment: three })
    const token = await world.token()
    const headers = { authorization: `Bearer ${token}`, 'x-pd-environment': 'development' }
    const created = await rawRequest(`${world.url}/v1/connect/proj_1/accounts?external_user_id=u2`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ app_slug: 'acme', cfmap_json: '{"api_key":"k"}' }),
    })
    const { id } = created.json() as { id: string }
    const read = () => rawRequest(`${world.url}/v1/connect/proj_1/accounts/${id}`, { headers })
    const all = (status: number) => Array.from({ length: 9 }, () => status)
    const readAll = () => Promise.all(Array.from({ length: 9 }, async () => (await read()).status))
    expect(await readAll()).toEqual(all(200))
    const deletion = { method: 'DELETE', headers }
    expect((await rawRequest(`${world.url}/v1/connect/proj_1/accounts/${id}`, deletion)).status).toBe(204)
    expect(await readAll()).toEqual(all(404))

    const form = new URLSearchParams({ token, client_id: 'main', client_secret: 'secret-of-the-client-1f8a' })
    const revoked = await rawRequest(`${world.url}/v1/oauth/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    })
    expect(revoked.status).toBe(200)
    await expect.poll(readAll, { timeout: 5_000 }).toEqual(all(401))
  })

  it('tell their metrics as one', async () => {
    const world = await startWorld({ upstreamPort: upstream.port, environment: three })
    await statuses(world, await world.token(), 30)
    const metrics = (await rawRequest(`${world.url}/metrics`)).text()
    expect(metrics).toMatch(
      /^proxy_calls_total\{dialect="pipedream",app="acme",status="2xx",code="none",outcome="ok"\} 30$/m,
    )
    expect(metrics).toMatch(/^proxy_call_duration_seconds_count\{dialect="pipedream",app="acme"\} 30$/m)
  })

  it('are replaced when one dies, and their lines do not mix', async () => {
    const world = await startWorld({ upstreamPort: upstream.port, environment: three })
    const token = await world.token()
    const before = await pids(world)
    expect(before).toHaveLength(3)
    process.kill(Number(before[0]), 'SIGKILL')
    await world.server.until(/"msg":"a worker ended"/)
    await expect.poll(() => pids(world), { timeout: 10_000 }).toHaveLength(3)
    expect(await statuses(world, token, 300)).toEqual(new Map([[200, 300]]))
    world.server.child.kill('SIGTERM')
    expect(await world.server.ended).toBe(0)
    const lines = world.server.output.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.filter(({ msg, app }) => msg === 'call' && app === 'acme')).toHaveLength(300)
  })
})
