import { readFileSync } from 'node:fs'
import { json } from '@proxy/test-support'
import { startRedis } from '@proxy/test-support/redis'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import {
  bareAccount,
  existingSecret,
  makeTeamSecrets,
  planted,
  type SecretsWorld,
  startSecretsWorld,
  teamConfig,
} from './secrets-world.js'
import { readDeployed } from './templates/deployed.js'
import { account, callHeaders, project } from './world.js'

let world: SecretsWorld
beforeEach(async () => {
  world = await startSecretsWorld()
  return async () => {
    await world.stop()
    expect(world.said()).not.toMatch(planted)
  }
})

const unavailable = { code: 'credential_store_unavailable' }

/** Everything but credentials, for all instances. */
async function redisUrl(): Promise<string> {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  return redis.url
}

describe.each([
  ['buffered', false],
  ['streaming', true],
] as const)('a %s function', (_, streams) => {
  it('puts credentials of Secrets Manager into the calls of both wire forms, and reads each once', async () => {
    await makeTeamSecrets(world)
    const one = await world.start(teamConfig(world), { streams })
    expect((await one.pipedream('/connect', 'apn_one')).status).toBe(200)
    expect((await one.nango('/nango', 'connection-apn_one')).status).toBe(200)
    expect((await one.pipedream('/other', 'apn_two')).status).toBe(200)
    expect(['/connect', '/nango', '/other'].map((path) => world.arrived(path))).toEqual([
      ['planted-one'],
      ['planted-one'],
      ['planted-two'],
    ])
    const reads = world.countOf('GetSecretValue', 'team/one')
    await Promise.all(Array.from({ length: 20 }, () => one.pipedream('/again', 'apn_one')))
    expect(new Set(world.arrived('/again'))).toEqual(new Set(['planted-one']))
    expect(world.countOf('GetSecretValue', 'team/one')).toBe(reads)
    expect((await one.ask('/readyz')).json()).toMatchObject({ status: 'ok', parts: { secretsManager: 'ok' } })
  })
})

describe('the configuration of the documentation, under the policy of the template', () => {
  const { variables, allows } = readDeployed()
  const guide = readFileSync(new URL('../../../docs/deploy-lambda.md', import.meta.url), 'utf8')
  const [, text = ''] = /```yaml\n(storage:\n {2}kind: aws-secrets-manager\n[^`]*)```/.exec(guide) ?? []
  const { storage } = parse(text) as { storage: Record<string, unknown> }
  const tagged: Record<string, unknown> = { ...storage, tags: { team: 'platform' } }
  const { PROXY_CREDENTIALS_PREFIX = '', PROXY_KMS_KEY = '' } = variables

  async function environment(): Promise<Record<string, string>> {
    world.aws.fault = ({ operation, input }) => {
      const names = Array.isArray(input.SecretIdList) ? input.SecretIdList : [input.Name ?? input.SecretId]
      const actions = input.Tags === undefined ? [operation] : [operation, 'TagResource']
      const mayAll = actions.every((action) => names.every((name) => allows(action, String(name))))
      return mayAll ? undefined : { type: 'AccessDeniedException' }
    }
    return { PROXY_CREDENTIALS_PREFIX, PROXY_KMS_KEY, REDIS_URL: await redisUrl() }
  }

  const accounts = `/v1/connect/${project}/accounts`
  const making = {
    method: 'POST',
    headers: { ...callHeaders, 'content-type': 'application/json' },
    body: JSON.stringify({ app_slug: 'acme', cfmap_json: '{"api_key":"planted-made"}' }),
  }

  it('keeps what is made over the API, for the next call and for new instances, until it is deleted', async () => {
    const options = { environment: await environment() }
    const config = world.config(tagged, { accounts: [] })
    const first = await world.start(config, options)
    const made = await first.ask(`${accounts}?external_user_id=user-1`, making)
    expect(made.status).toBe(200)
    const { id } = made.json() as { id: string }
    const { id: other } = (await first.ask(`${accounts}?external_user_id=user-2`, making)).json() as { id: string }
    const name = `api-proxy/accounts/${project}/development/${id}`
    expect(world.secret(name)).toEqual({
      account: { project, environment: 'development', id },
      custom_fields: { api_key: 'planted-made' },
      credentials: {},
    })
    expect(world.aws.secrets.get(name)).toMatchObject({
      tags: [{ Key: 'team', Value: 'platform' }],
      kmsKeyId: PROXY_KMS_KEY,
    })
    expect((await first.pipedream('/made', id)).status).toBe(200)

    const fresh = await world.start(config, options)
    const listed = (await fresh.ask(accounts)).json() as { data: { id: string }[] }
    expect(listed.data.map((one) => one.id).sort()).toEqual([id, other].sort())
    expect(world.countOf('BatchGetSecretValue')).toBe(1)
    expect((await fresh.pipedream('/fresh', id)).status).toBe(200)
    expect([world.arrived('/made'), world.arrived('/fresh')]).toEqual([['planted-made'], ['planted-made']])

    const removed = await fresh.ask(`${accounts}/${id}`, { method: 'DELETE', headers: callHeaders })
    expect(removed.status).toBe(204)
    expect(world.aws.secrets.get(name)?.deletesAt).toBeDefined()
    expect((await (await world.start(config, options)).pipedream('/gone', id)).status).toBe(404)
    expect(world.arrived('/gone')).toEqual([])
  })

  it('is what the role needs: names that it does not cover are 503', async () => {
    const options = { environment: await environment() }
    const { namePattern: _, ...elsewhere } = tagged
    const denied = await world.start(world.config(elsewhere, { accounts: [] }), options)
    const refused = await denied.ask(`${accounts}?external_user_id=user-1`, making)
    expect([refused.status, refused.json()]).toMatchObject([503, unavailable])
    expect(world.aws.secrets.size).toBe(0)
    const allowed = await world.start(world.config(tagged, { accounts: [] }), options)
    expect((await allowed.ask(`${accounts}?external_user_id=user-1`, making)).status).toBe(200)
    expect(world.aws.secrets.size).toBe(1)
  })
})

describe('a token that is refreshed', () => {
  const apps = (host: string): object[] => [
    {
      name_slug: 'acme',
      name: 'Acme',
      auth_type: 'oauth',
      connect: { base_proxy_target_url: `http://${host}`, allowed_domains: [host], allow_http: true },
      auth: [{ kind: 'bearer' }],
      oauth: { token_url: `http://${host}/token`, client_id: 'client-1', client_secret: 'planted-client' },
    },
  ]

  /** The refresh token is good for one exchange. */
  function answerTokens(): void {
    world.upstream.answer('/token', (response, request) => {
      const isFirst = new URLSearchParams(request.body.toString()).get('refresh_token') === 'planted-refresh-1'
      const fresh = { access_token: 'planted-access-2', refresh_token: 'planted-refresh-2', expires_in: 3600 }
      return json(isFirst ? fresh : { error: 'invalid_grant' }, {}, isFirst ? 200 : 400)(response, request)
    })
  }

  const tokens = { oauth_access_token: 'planted-access-1', oauth_refresh_token: 'planted-refresh-1' }
  const places = { oauth_access_token: '/token/access', oauth_refresh_token: '/token/refresh' }
  const ownSecret = `api-proxy/${project}/development/${account}`
  const fresh = { oauth_access_token: 'planted-access-2', oauth_refresh_token: 'planted-refresh-2' }
  const teamToken = { token: { access: 'planted-access-1', refresh: 'planted-refresh-1' }, kept: [1] }

  it.each([
    ["the account's own secret", ownSecret, {}, tokens, { credentials: fresh }],
    [
      'a secret of another shape that lets it',
      'team/token',
      { existing: [existingSecret(account, 'team/token', { credentials: places, write_back: true })] },
      {},
      { token: { access: 'planted-access-2', refresh: 'planted-refresh-2' }, kept: [1] },
    ],
  ])('goes into %s, and new instances use it without another exchange', async (_, name, storage, given, written) => {
    answerTokens()
    if (name === 'team/token') await world.makeSecret(name, teamToken)
    const host = `localhost:${world.upstream.port}`
    const config = world.config(
      { ...storage, records: { kind: 'redis', url: await redisUrl() } },
      {
        apps: apps(host),
        accounts: [bareAccount(account, { credentials: { ...given, expires_at: '2026-01-01T00:00:00Z' } })],
      },
    )
    const first = await world.start(config)
    expect((await first.pipedream('/first')).status).toBe(200)
    expect(world.secret(name)).toMatchObject(written)
    const second = await world.start(config)
    expect((await second.pipedream('/second')).status).toBe(200)
    expect((await second.nango('/third', `connection-${account}`)).status).toBe(200)
    expect(['/first', '/second', '/third'].map((path) => world.arrived(path, 'authorization'))).toEqual(
      Array.from({ length: 3 }, () => ['Bearer planted-access-2']),
    )
    expect(world.upstream.requests.filter(({ url }) => url === '/token')).toHaveLength(1)
  })
})
