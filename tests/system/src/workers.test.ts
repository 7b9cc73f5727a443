import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, readlink } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deferred, freePort, rawRequest, startUpstream, text, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from './server/command.js'
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

it('the first process is gone: calls in flight are ended, then the others end', async () => {
  const answered = deferred()
  upstream.forget()
  upstream.answer('/slow', async (response, request) => {
    await answered.promise
    await text('done')(response, request)
  })
  const world = await startWorld({ upstreamPort: upstream.port, environment: three })
  const { url, headers } = world.call('/slow', await world.token())
  const slow = rawRequest(url, { headers })
  await expect.poll(() => upstream.requests.length).toBe(1)
  const workers = await pids(world)
  world.server.child.kill('SIGKILL')
  await once(world.server.child, 'exit')
  const living = () => workers.filter((pid) => existsSync(`/proc/${pid}`))
  // The others have nothing to do any more.
  await expect.poll(living, { timeout: 10_000 }).toHaveLength(1)
  answered.resolve()
  expect((await slow).text()).toBe('done')
  await expect.poll(living, { timeout: 10_000 }).toEqual([])
})

describe('a process that cannot start again', () => {
  it('says why, and is tried until it can', async () => {
    const file = join(temporaryFolder(), 'secret')
    writeFileSync(file, 'secret-of-the-client-1f8a')
    const projects = [{ id: 'proj_1', clients: [{ id: 'main', secret: `\${file:${file}}` }] }]
    const world = await startWorld({ upstreamPort: upstream.port, environment: three, config: { projects } })
    const token = await world.token()
    rmSync(file)
    process.kill(Number((await pids(world))[0]), 'SIGKILL')
    await world.server.until(/"reason":"[^"]*projects\[0\].clients\[0\].secret[^"]*","msg":"a worker ended"/)
    expect(await statuses(world, token, 20)).toEqual(new Map([[200, 20]]))
    writeFileSync(file, 'secret-of-the-client-1f8a')
    await expect.poll(() => pids(world), { timeout: 10_000 }).toHaveLength(3)
    expect(await statuses(world, token, 20)).toEqual(new Map([[200, 20]]))
  })
})

describe('a process that the system cannot start', () => {
  it('is tried again until it can, while the others go on', async () => {
    const world = await startWorld({ upstreamPort: upstream.port, environment: three })
    const token = await world.token()
    const first = String(world.server.child.pid)
    const allowOpen = (count: number) => execute('prlimit', ['--pid', first, `--nofile=${count}:`])
    const usual = Number((await execute('sh', ['-c', 'ulimit -n'])).stdout)
    // The bound is on numbers. It leaves one, which a connection needs; a process needs four at least.
    await allowOpen(lowestFree(await readdir(`/proc/${first}/fd`)) + 1)
    process.kill(Number((await pids(world))[0]), 'SIGKILL')
    await world.server.until(/"reason":"EMFILE","msg":"a worker ended"/)
    await expect.poll(() => fetch(`${world.url}/livez`).then(({ status }) => status)).toBe(200)
    await allowOpen(usual)
    await expect.poll(() => pids(world), { timeout: 15_000 }).toHaveLength(3)
    expect(await statuses(world, token, 20)).toEqual(new Map([[200, 20]]))
  })
})

describe('more processes than cores', () => {
  it('serve with as many as there are cores, and the rest takes over from one that dies', async () => {
    // So long that a drain which one of them does not hear of would never end.
    const server = { port: await freePort(), publicUrl: 'http://proxy.test', drainTimeout: '300s' }
    const world = await startWorld({
      upstreamPort: upstream.port,
      environment: { WORKERS: '2' },
      config: { server },
      shell: `exec taskset --cpu-list ${firstCore()} "$@"`,
    })
    expect(world.server.output.out).toMatch(/"workers":2,"serving":1,"msg":"more workers than cores/)
    const token = await world.token()
    const [serving] = await servingPids(world, token)
    const [standingBy] = (await pids(world)).filter((pid) => pid !== serving)
    expect(await servingPids(world, token)).toEqual([serving])
    expect((await rawRequest(`${world.url}/metrics`)).text()).toContain('proxy_calls_total{dialect="pipedream"')

    process.kill(Number(serving), 'SIGKILL')
    await world.server.until(/"msg":"a worker ended"/)
    await expect.poll(() => statuses(world, token, 1).catch(() => undefined)).toEqual(new Map([[200, 1]]))
    await expect.poll(() => pids(world), { timeout: 10_000 }).toHaveLength(2)
    expect(await servingPids(world, token)).toEqual([standingBy])
    world.server.child.kill('SIGTERM')
    expect(await world.server.ended).toBe(0)
  })

  it('have one log, with the lines of all of them', async () => {
    const world = await startWorld({
      upstreamPort: upstream.port,
      environment: { WORKERS: '2' },
      shell: `exec taskset --cpu-list ${firstCore()} "$@"`,
    })
    expect(await statuses(world, await world.token(), 300)).toEqual(new Map([[200, 300]]))
    world.server.child.kill('SIGTERM')
    expect(await world.server.ended).toBe(0)
    const { out } = world.server.output
    const lines = out.trimEnd().split('\n')
    const parsed = lines.map((line) => JSON.parse(line) as { readonly msg: string; readonly app?: string })
    expect(parsed.filter(({ msg, app }) => msg === 'call' && app === 'acme')).toHaveLength(300)
    expect(parsed.map(({ msg }) => msg).filter((msg) => msg !== 'call')).toEqual([
      'more workers than cores: the rest stands by',
      'listening',
      'draining',
      'stopped',
    ])
  })

  it.runIf(availableParallelism() > 1)('all serve when there are cores enough', async () => {
    const world = await startWorld({ upstreamPort: upstream.port, environment: { WORKERS: '2' } })
    expect(await servingPids(world, await world.token())).toEqual(await pids(world))
    expect(world.server.output.out).not.toContain('more workers than cores')
  })
})

function lowestFree(descriptors: readonly string[]): number {
  let number = 0
  while (descriptors.includes(String(number))) number += 1
  return number
}

/** The processes that hold connections of callers: ten wait for an answer while they are looked at. */
async function servingPids(world: World, token: string): Promise<string[]> {
  const answered = deferred()
  upstream.forget()
  upstream.answer('/held', async (response, request) => {
    await answered.promise
    await text('done')(response, request)
  })
  const { url, headers } = world.call('/held', token)
  const calls = Array.from({ length: 10 }, () => rawRequest(url, { headers }))
  await expect.poll(() => upstream.requests.length).toBe(10)
  const accepted = acceptedSockets(Number(new URL(world.url).port))
  const held = await Promise.all((await pids(world)).map(async (pid) => [pid, await sockets(pid)] as const))
  answered.resolve()
  await Promise.all(calls)
  return held.filter(([, links]) => links.some((link) => accepted.has(link))).map(([pid]) => pid)
}

/** What is connected to a port of this machine, as links of descriptors name it. */
function acceptedSockets(port: number): ReadonlySet<string> {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const established = '01'
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  return new Set(
    rows
      .filter(([, local, , state]) => local?.endsWith(end) && state === established)
      .map((columns) => `socket:[${columns[9]}]`),
  )
}

async function sockets(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  return await Promise.all((await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => '')))
}

function firstCore(): string {
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
}
