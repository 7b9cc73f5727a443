import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { startRedis } from '@proxy/test-support/redis'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Command, command } from '../server/command.js'
import { type CommandWorld, client, commandWorld, key, project } from './command-world.js'

const accounts = 600
const [oldKey, newKey] = [key(), key()]
const oldFirst = { encryption: { keys: [oldKey, newKey] } }
const newFirst = { encryption: { keys: [newKey, oldKey] } }
const newAlone = { encryption: { keys: [newKey] } }

let upstream: Upstream

beforeAll(async () => {
  upstream = await startUpstream()
  return () => upstream.stop()
})

function lines(): readonly object[] {
  return Array.from({ length: accounts }, (_, index) => ({
    project,
    environment: 'development',
    id: `apn_${index}`,
    external_user_id: 'u1',
    app: 'acme',
    custom_fields: { api_key: `key-${index}` },
  }))
}

async function serve(world: CommandWorld): Promise<{ server: Command; url: string }> {
  const server = command(['serve'], { folder: world.folder })
  const [, url = ''] = /"url":"([^"]+)"/.exec(await server.until(/"msg":"listening"/)) ?? []
  return { server, url }
}

async function stop({ child, ended }: Command): Promise<void> {
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Record<string, string>> {
  const answer = await rawRequest(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(200)
  return answer.json() as Record<string, string>
}

async function headersFor(url: string): Promise<Record<string, string>> {
  const grant = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret }
  const { access_token } = await post(`${url}/v1/oauth/token`, grant)
  return { authorization: `Bearer ${access_token}`, 'x-pd-environment': 'development' }
}

/** Calls one account after the other until it is stopped; gives how many calls worked and how many did not. */
function readers(url: string, headers: Record<string, string>): () => Promise<{ good: number; bad: number }> {
  let isOver = false
  let next = 0
  const counts = { good: 0, bad: 0 }
  const target = Buffer.from('/me').toString('base64url')
  async function read(): Promise<void> {
    while (!isOver) {
      const id = `apn_${next++ % accounts}`
      const query = `external_user_id=u1&account_id=${id}`
      const answer = await rawRequest(`${url}/v1/connect/${project}/proxy/${target}?${query}`, { headers })
      counts[answer.status === 200 ? 'good' : 'bad'] += 1
    }
  }
  const running = Promise.all([read(), read(), read(), read()])
  return async () => {
    isOver = true
    await running
    return counts
  }
}

/** Figures of `keys status`, by what stands under WHERE. */
async function statusOf(world: CommandWorld): Promise<Record<string, readonly number[]>> {
  const { out } = await world.run('keys', 'status')
  const rows = out.trim().split('\n').slice(1)
  return Object.fromEntries(
    rows.map((row) => {
      const [, place = '', stored, clients] = /^\w+ +(encryption\.keys\[\d\]|) .*?(\d+) +(\d+)$/.exec(row) ?? []
      return [place, [Number(stored), Number(clients)]]
    }),
  )
}

const limits = { project: { requests: 1_000_000, window: '60s' } }
const oauthApp = { app: 'shop', client_id: 'own', client_secret: 'secret-of-the-oauth-client-4d' }

describe('the keys of a storage file', () => {
  it('change with a restart: the server seals everything anew while it serves, and the old key can go', async () => {
    const world = commandWorld(upstream.port, { limits })
    world.configure(oldFirst)
    world.write('accounts.jsonl', lines())
    expect((await world.run('accounts', 'import', 'accounts.jsonl')).status).toBe(0)
    const first = await serve(world)
    await post(`${first.url}/v1/connect/${project}/oauth_apps`, oauthApp, await headersFor(first.url))
    expect(await statusOf(world)).toMatchObject({ 'encryption.keys[0]': [expect.any(Number), 1] })

    world.configure(newFirst)
    const early = await world.run('keys', 'rotate')
    expect([early.status, early.error]).toEqual([1, expect.stringContaining('when it is restarted with the key')])
    await stop(first.server)

    const { server, url } = await serve(world)
    const stopReading = readers(url, await headersFor(url))
    await server.until(/sealed anew with the first key/)
    const { good, bad } = await stopReading()
    expect(bad).toBe(0)
    expect(good).toBeGreaterThan(0)
    expect(await statusOf(world)).toEqual({
      'encryption.keys[0]': [expect.any(Number), 1],
      'encryption.keys[1]': [0, 0],
    })
    await stop(server)

    world.configure(newAlone)
    expect((await world.run('accounts', 'export', '--plain')).out.trim().split('\n')).toHaveLength(accounts)
    expect((await world.run('keys', 'status')).out).not.toContain('NOT CONFIGURED')
  })

  it('change by a command while no server runs', async () => {
    const world = commandWorld(upstream.port)
    world.configure(oldFirst)
    world.write('accounts.jsonl', lines())
    await world.run('accounts', 'import', 'accounts.jsonl')
    world.configure(newAlone)
    const missing = await world.run('keys', 'rotate')
    expect([missing.status, missing.error]).toEqual([
      1,
      expect.stringContaining('cannot be opened with the encryption'),
    ])
    world.configure(newFirst)
    const rotated = await world.run('keys', 'rotate')
    expect([rotated.status, rotated.out]).toEqual([0, expect.stringContaining('Sealed anew: the storage file')])
    expect(await statusOf(world)).toMatchObject({ 'encryption.keys[1]': [0, 0] })
    for (const word of [oldKey, newKey]) expect(rotated.out + missing.error).not.toContain(word)
  })
})

describe('the keys of accounts in Redis', () => {
  it('change online, with servers at work on them and no failed call', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const storage = { kind: 'redis', url: redis.url, prefix: `keys-${randomUUID()}:` }
    const world = commandWorld(upstream.port, { storage, limits })
    world.configure({ ...oldFirst, storage })
    world.write('accounts.jsonl', lines())
    expect((await world.run('accounts', 'import', 'accounts.jsonl')).status).toBe(0)
    const { server, url } = await serve(world)
    const headers = await headersFor(url)
    await post(`${url}/v1/connect/${project}/oauth_apps`, oauthApp, headers)
    expect(await statusOf(world)).toEqual({ 'encryption.keys[0]': [accounts, 1], 'encryption.keys[1]': [0, 0] })

    world.configure({ ...newFirst, storage })
    const stopReading = readers(url, headers)
    const rotated = await world.run('keys', 'rotate')
    const { good, bad } = await stopReading()
    expect([rotated.status, rotated.out]).toEqual([
      0,
      expect.stringContaining(`Sealed anew: ${accounts} accounts, 1 OAuth clients.`),
    ])
    expect(bad).toBe(0)
    expect(good).toBeGreaterThan(0)
    expect(await statusOf(world)).toEqual({ 'encryption.keys[0]': [accounts, 1], 'encryption.keys[1]': [0, 0] })
    expect((await world.run('keys', 'rotate')).out).toContain('Sealed anew: 0 accounts, 0 OAuth clients.')
    await stop(server)

    world.configure({ ...newAlone, storage })
    expect((await world.run('accounts', 'export', '--plain')).out.trim().split('\n')).toHaveLength(accounts)
  })
})

describe('keys webhook', () => {
  it('shows the secret of each project, and of each signing key', async () => {
    const signingKeys = [key(), key()]
    const world = commandWorld(9, { tokens: { signingKeys } })
    const { out } = await world.run('keys', 'webhook')
    const secrets = out.trim().split('\n').slice(1)
    expect(secrets).toEqual([
      expect.stringMatching(/^proj_1 +whsec_[A-Za-z0-9+/]{43}=$/),
      expect.stringMatching(/^proj_1 +whsec_[A-Za-z0-9+/]{43}=$/),
    ])
    expect(secrets[0]).not.toBe(secrets[1])
    const config = readFileSync(join(world.folder, 'proxy.config.yaml'), 'utf8')
    for (const secret of signingKeys) {
      expect(config).toContain(secret)
      expect(out).not.toContain(secret)
    }
    expect((await world.run('keys', 'webhook', '--project', 'proj_9')).status).toBe(2)
  })
})
