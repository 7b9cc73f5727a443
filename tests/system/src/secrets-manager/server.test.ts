import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AwsEmulator } from '@proxy/aws-emulator'
import { json, rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { startRedis } from '@proxy/test-support/redis'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../server/command.js'
import { apiKey, type World } from '../server/world.js'
import {
  callWorld,
  existingKey,
  linesOf,
  readiness,
  sharedKeys,
  startExistingWorld,
  startSecrets,
  startSecretsWorld,
} from './server-set-up.js'

let upstream: Upstream
let emulator: AwsEmulator
beforeEach(async () => {
  upstream = await startUpstream()
  emulator = await startSecrets()
  return () => upstream.stop()
})

/** Values of the header that carries the credential, of the calls for `path`. */
function credentialsSeen(path: string, header = 'x-api-key'): readonly (string | undefined)[] {
  return upstream.requests.filter(({ url }) => url === path).map((request) => request.values(header)[0])
}

function reads(): number {
  return emulator.calls.filter(({ operation }) => operation === 'GetSecretValue').length
}

function currentText(name: string): string | undefined {
  const versions = [...(emulator.secrets.get(name)?.versions.values() ?? [])]
  return versions.find(({ stages }) => stages.has('AWSCURRENT'))?.text
}

async function stop({ server }: World): Promise<void> {
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
}

describe('the server with credentials in Secrets Manager', () => {
  it('has accounts that were made over its API after a restart, and no credential in its own file', async () => {
    const folder = temporaryFolder()
    const options = {
      upstreamPort: upstream.port,
      emulator,
      folder,
      storage: { records: { kind: 'memory', file: 'records.db', plaintext: true }, tags: { team: 'one' } },
      config: sharedKeys(),
    }
    const first = await startSecretsWorld(options)
    const token = await first.token()
    const made = await rawRequest(`${first.url}/v1/connect/proj_1/accounts?external_user_id=u2`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'x-pd-environment': 'development',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ app_slug: 'acme', cfmap_json: JSON.stringify({ api_key: 'made-over-the-api' }) }),
    })
    const { id } = made.json() as { id: string }
    expect(currentText(`api-proxy/proj_1/development/${id}`)).toContain('made-over-the-api')
    expect(emulator.secrets.get(`api-proxy/proj_1/development/${id}`)?.tags).toEqual([{ Key: 'team', Value: 'one' }])
    await stop(first)
    const kept = readFileSync(join(folder, 'records.db'), 'utf8')
    expect(kept).toContain(id)
    expect(kept).not.toMatch(/made-over-the-api|key-of-the-account/)

    const second = await startSecretsWorld(options)
    for (const [user, account, path] of [
      ['u2', id, '/made'],
      ['u1', 'apn_1', '/seeded'],
    ]) {
      const { url, headers } = second.call(path ?? '', token)
      const own = url.replace('external_user_id=u1&account_id=apn_1', `external_user_id=${user}&account_id=${account}`)
      expect((await rawRequest(own, { headers })).status).toBe(200)
    }
    expect(credentialsSeen('/made')).toEqual(['made-over-the-api'])
    expect(credentialsSeen('/seeded')).toEqual([apiKey])
    await second.server.until(/"upstream_path":"\/seeded"/)
    expect(second.server.output.out + second.server.output.error).not.toMatch(/made-over-the-api|key-of-the-account/)
    expect(await readiness(second)).toEqual({
      status: 200,
      body: { status: 'ok', parts: { storage: 'ok', secretsManager: 'ok' } },
    })
  })

  it('writes refreshed tokens back, and uses them after a restart without another refresh', async () => {
    upstream.answer('/token', (response, request) => {
      const isFirst = new URLSearchParams(request.body.toString()).get('refresh_token') === 'refresh-1'
      const tokens = { access_token: 'access-2', refresh_token: 'refresh-2', expires_in: 3600 }
      return json(isFirst ? tokens : { error: 'invalid_grant' }, {}, isFirst ? 200 : 400)(response, request)
    })
    const host = `127.0.0.1:${upstream.port}`
    const options = {
      upstreamPort: upstream.port,
      emulator,
      folder: temporaryFolder(),
      storage: { records: { kind: 'memory', file: 'records.db' } },
      config: {
        ...sharedKeys(),
        apps: [
          {
            name_slug: 'acme',
            name: 'Acme',
            auth_type: 'oauth',
            connect: { base_proxy_target_url: `http://${host}` },
            auth: [{ kind: 'bearer' }],
            oauth: { token_url: `http://${host}/token`, client_id: 'client-1', client_secret: 'planted' },
          },
        ],
        accounts: [
          {
            project: 'proj_1',
            environment: 'development',
            id: 'apn_1',
            external_user_id: 'u1',
            app: 'acme',
            credentials: {
              oauth_access_token: 'access-1',
              oauth_refresh_token: 'refresh-1',
              expires_at: '2026-01-01T00:00:00Z',
            },
          },
        ],
      },
    }
    const first = await startSecretsWorld(options)
    const token = await first.token()
    const answers = await Promise.all(Array.from({ length: 50 }, () => callWorld(first, token)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(JSON.parse(currentText('api-proxy/proj_1/development/apn_1') ?? '').credentials).toMatchObject({
      oauth_access_token: 'access-2',
      oauth_refresh_token: 'refresh-2',
    })
    await stop(first)
    const second = await startSecretsWorld(options)
    expect((await callWorld(second, token, '/again')).status).toBe(200)
    expect(credentialsSeen('/again', 'authorization')).toEqual(['Bearer access-2'])
    expect(upstream.requests.filter(({ url }) => url === '/token')).toHaveLength(1)
  })

  it('asks once for 1,000 callers at a time', async () => {
    const world = await startExistingWorld({ upstreamPort: upstream.port, emulator })
    const token = await world.token()
    const before = reads()
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => callWorld(world, token)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(reads() - before).toBe(1)
    expect(new Set(credentialsSeen('/x'))).toEqual(new Set([existingKey]))
  })

  it('serves from all of its processes what the first one keeps', async () => {
    const world = await startExistingWorld({ upstreamPort: upstream.port, emulator, environment: { WORKERS: '2' } })
    const token = await world.token()
    const before = reads()
    const answers = await Promise.all(Array.from({ length: 40 }, () => callWorld(world, token)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(reads() - before).toBe(1)
  })
})

describe('a Secrets Manager that', () => {
  it.each([
    ['throttles', { type: 'ThrottlingException' }, 60],
    ['denies', { type: 'AccessDeniedException' }, 1],
    ['does not take expired AWS credentials', { type: 'ExpiredTokenException' }, 3],
    ['cuts connections', 'drop', 60],
  ] as const)('%s is asked a few times, callers get 503, and it is used again', async (_, fault, mostCalls) => {
    const storage = { timeout: '500ms' }
    const world = await startExistingWorld({ upstreamPort: upstream.port, emulator, storage })
    const token = await world.token()
    const before = reads()
    emulator.fault = () => fault
    const refused = await Promise.all(Array.from({ length: 100 }, () => callWorld(world, token)))
    for (const answer of refused) {
      expect(answer.status).toBe(503)
      expect(answer.headers['retry-after']).toBe('1')
      expect(answer.json()).toMatchObject({ code: 'credential_store_unavailable' })
    }
    expect(reads() - before).toBeLessThanOrEqual(mostCalls)
    emulator.fault = () => undefined
    await expect.poll(async () => (await callWorld(world, token)).status, { timeout: 20_000 }).toBe(200)
    expect(new Set(credentialsSeen('/x'))).toEqual(new Set([existingKey]))
  })

  it('is slow makes callers wait no longer than the time for all tries', async () => {
    const world = await startExistingWorld({ upstreamPort: upstream.port, emulator, storage: { timeout: '300ms' } })
    const token = await world.token()
    emulator.delay = () => new Promise(() => undefined)
    expect((await callWorld(world, token)).status).toBe(503)
    expect(credentialsSeen('/x')).toEqual([])
    emulator.delay = async () => undefined
    expect((await callWorld(world, token)).status).toBe(200)
  })

  it('has no such secret makes the account absent, and is asked again when it may have it', async () => {
    const world = await startExistingWorld({ upstreamPort: upstream.port, emulator })
    const token = await world.token()
    emulator.fault = () => ({ type: 'ResourceNotFoundException' })
    const before = reads()
    const answers = await Promise.all(Array.from({ length: 100 }, () => callWorld(world, token)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]))
    expect(reads() - before).toBe(1)
    emulator.fault = () => undefined
    await expect.poll(async () => (await callWorld(world, token)).status, { timeout: 20_000 }).toBe(200)
  })

  it('throttles, denies or is cut off costs no call while the credential may be used', async () => {
    const storage = { cacheFor: '1s', timeout: '300ms' }
    const world = await startExistingWorld({ upstreamPort: upstream.port, emulator, storage })
    const token = await world.token()
    expect((await callWorld(world, token)).status).toBe(200)
    for (const fault of [{ type: 'ThrottlingException' }, { type: 'AccessDeniedException' }, 'drop'] as const) {
      let faults = 0
      emulator.fault = () => {
        faults += 1
        return fault
      }
      const asked = async (): Promise<boolean> => {
        expect((await callWorld(world, token)).status).toBe(200)
        return faults > 0
      }
      await expect.poll(asked, { timeout: 20_000 }).toBe(true)
      for (let nth = 0; nth < 20; nth += 1) expect((await callWorld(world, token)).status).toBe(200)
    }
  })

  it('fails for longer than a credential may be used makes callers get 503', async () => {
    const storage = { cacheFor: '1s', staleFor: '0s', timeout: '300ms' }
    const world = await startExistingWorld({ upstreamPort: upstream.port, emulator, storage })
    const token = await world.token()
    expect((await callWorld(world, token)).status).toBe(200)
    emulator.fault = () => ({ type: 'ThrottlingException' })
    await expect.poll(async () => (await callWorld(world, token)).status, { timeout: 20_000 }).toBe(503)
  })
})

describe('at the start, a Secrets Manager that', () => {
  it.each<[string, Record<string, unknown>, Record<string, string>, string]>([
    [
      'is not there',
      { endpoint: 'http://127.0.0.1:1' },
      {},
      'storage.endpoint cannot be used: Secrets Manager, GetSecretValue: Error ECONNREFUSED',
    ],
    [
      'does not know the key of this process',
      {},
      { AWS_ACCESS_KEY_ID: 'AKIDOTHER' },
      'storage.endpoint cannot be used: Secrets Manager, GetSecretValue: UnrecognizedClientException',
    ],
    [
      'cannot be asked without AWS credentials',
      {},
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' },
      'storage.endpoint cannot be used: Secrets Manager, GetSecretValue: CredentialsProviderError',
    ],
    [
      'has no region',
      {},
      { AWS_REGION: '' },
      'storage.endpoint cannot be used: Secrets Manager, GetSecretValue: the region is missing or not valid',
    ],
  ])('%s keeps the server from being ready, and is told of in one line', async (_, storage, environment, reason) => {
    const world = await startSecretsWorld({ upstreamPort: upstream.port, emulator, storage, environment })
    expect(await readiness(world)).toEqual({
      status: 503,
      body: { status: 'degraded', parts: { storage: 'ok', secretsManager: 'degraded' } },
    })
    expect((await callWorld(world, await world.token())).status).toBe(404)
    await world.server.until(/"msg":"part"/)
    expect(linesOf(world, 'part')).toMatchObject([{ level: 'warn', part: 'secretsManager', reason }])
  })

  it('denies is told of, and the server is ready and has its seeds when it no longer does', async () => {
    emulator.fault = () => ({ type: 'AccessDeniedException' })
    const world = await startSecretsWorld({ upstreamPort: upstream.port, emulator })
    expect((await readiness(world)).status).toBe(503)
    await world.server.until(/"msg":"part"/)
    expect(linesOf(world, 'part')).toMatchObject([
      { state: 'degraded', reason: expect.stringContaining('GetSecretValue: AccessDeniedException') },
    ])
    emulator.fault = () => undefined
    await world.server.until(/"msg":"seeds stored"/)
    expect(await readiness(world)).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect((await callWorld(world, await world.token())).status).toBe(200)
    expect(credentialsSeen('/x')).toEqual([apiKey])
  })

  it('lacks the secret of a seed makes the account absent until somebody makes it', async () => {
    emulator.fault = ({ operation }) =>
      operation === 'GetSecretValue' ? { type: 'ResourceNotFoundException' } : undefined
    const world = await startExistingWorld({ upstreamPort: upstream.port, emulator })
    const token = await world.token()
    expect((await callWorld(world, token)).status).toBe(404)
    emulator.fault = () => undefined
    await expect.poll(async () => (await callWorld(world, token)).status, { timeout: 20_000 }).toBe(200)
  })
})

describe('two servers with records in Redis', () => {
  it('share accounts and changes, and read each credential once for all their callers', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const shared = sharedKeys()
    const options = {
      upstreamPort: upstream.port,
      emulator,
      storage: { records: { kind: 'redis', url: redis.url } },
      config: { ...shared, rateLimiter: { kind: 'redis', instances: 2, timeout: '5s' } },
    }
    const here = await startSecretsWorld(options)
    const there = await startSecretsWorld(options)
    expect(await readiness(here)).toEqual({
      status: 200,
      body: { status: 'ok', parts: { storage: 'ok', secretsManager: 'ok', rateLimiter: 'ok' } },
    })
    const token = await here.token()
    const before = reads()
    const answers = await Promise.all(
      [here, there].flatMap((world) => Array.from({ length: 50 }, () => callWorld(world, token))),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(reads() - before).toBeLessThanOrEqual(2)
    const deleted = await rawRequest(`${here.url}/v1/connect/proj_1/accounts/apn_1`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}`, 'x-pd-environment': 'development' },
    })
    expect(deleted.status).toBe(204)
    expect((await callWorld(here, token)).status).toBe(404)
    await expect.poll(async () => (await callWorld(there, token)).status, { timeout: 5_000 }).toBe(404)
    expect(emulator.secrets.get('api-proxy/proj_1/development/apn_1')?.deletesAt).toBeDefined()
  })
})

describe('a secret of somebody else', () => {
  it('under the name of an account is refused by its id, and neither served nor deleted', async () => {
    const options = {
      upstreamPort: upstream.port,
      emulator,
      folder: temporaryFolder(),
      storage: { records: { kind: 'memory', file: 'records.db' } },
      config: sharedKeys(),
    }
    const first = await startSecretsWorld(options)
    const token = await first.token()
    expect((await callWorld(first, token, '/before')).status).toBe(200)
    await stop(first)
    const name = 'api-proxy/proj_1/development/apn_1'
    const versions = emulator.secrets.get(name)?.versions
    for (const [id, version] of versions ?? []) {
      versions?.set(id, { ...version, text: version.text.replace('apn_1', 'apn_2') })
    }
    const second = await startSecretsWorld(options)
    const refused = await callWorld(second, token, '/after')
    expect([refused.status, refused.json()]).toMatchObject([503, { code: 'credential_store_unavailable' }])
    expect(credentialsSeen('/after')).toEqual([])
    expect(emulator.secrets.get(name)?.deletesAt).toBeUndefined()
    await second.server.until(/apn_1/)
    expect(second.server.output.out).not.toContain(apiKey)
  })
})
