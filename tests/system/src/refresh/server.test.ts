import { type Answer, deferred, json, rawRequest, startUpstream, status, type Upstream } from '@proxy/test-support'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startWorld, type World } from '../server/world.js'

let upstream: Upstream
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(() => upstream.stop())

/** The built server in four processes, with one account whose token ends at a given time. */
async function start(endsAt: string): Promise<World> {
  const host = `127.0.0.1:${upstream.port}`
  const app = {
    name_slug: 'acme',
    name: 'Acme',
    auth_type: 'oauth',
    connect: { base_proxy_target_url: `http://${host}` },
    auth: [{ kind: 'bearer' }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration reads it from the environment.
    oauth: { token_url: `http://${host}/token`, client_id: 'client-1', client_secret: '${OAUTH_SECRET}' },
  }
  const account = {
    project: 'proj_1',
    environment: 'development',
    id: 'apn_1',
    external_user_id: 'u1',
    app: 'acme',
    credentials: { oauth_access_token: 'access-1', oauth_refresh_token: 'refresh-1', expires_at: endsAt },
  }
  const webhook = { url: `http://${host}/hook`, secret: 'k'.repeat(44) }
  // All callers go on at the same moment, and none of them shall wait for a connection.
  const limits = { project: { requests: 100_000, window: '60s' }, connectionsPerOrigin: 1_000 }
  return await startWorld({
    upstreamPort: upstream.port,
    environment: { WORKERS: '4', OAUTH_SECRET: 'planted-client-secret' },
    config: { apps: [app], accounts: [account], webhook, limits },
  })
}

/** Takes each refresh token once. */
function singleUse(): Answer {
  let generation = 1
  return (response, request) => {
    const form = new URLSearchParams(request.body.toString())
    const isValid =
      form.get('refresh_token') === `refresh-${generation}` && form.get('client_secret') === 'planted-client-secret'
    if (!isValid) return json({ error: 'invalid_grant' }, {}, 400)(response, request)
    generation += 1
    const tokens = { access_token: `access-${generation}`, refresh_token: `refresh-${generation}`, expires_in: 3600 }
    return json(tokens)(response, request)
  }
}

function asked(path: string) {
  return upstream.requests.filter(({ url }) => url === path)
}

async function account(world: World, token: string): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${token}`, 'x-pd-environment': 'development' }
  return (await rawRequest(`${world.url}/v1/connect/proj_1/accounts/apn_1`, { headers })).json() as never
}

describe('the server in four processes', () => {
  it('asks once for 1,000 callers at a time with an expired token, and tells when it did', async () => {
    upstream.answer('/token', singleUse())
    const world = await start('2026-01-01T00:00:00Z')
    const token = await world.token()
    const { url, headers } = world.call('/api', token)
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => rawRequest(url, { headers })))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    expect(asked('/token')).toHaveLength(1)
    expect(new Set(asked('/api').map((request) => request.values('authorization')[0]))).toEqual(
      new Set(['Bearer access-2']),
    )
    const shown = await account(world, token)
    expect(shown).toMatchObject({ healthy: true, dead: false, error: null })
    const at = (name: string) => Date.parse(String(shown[name]))
    // The token's life is counted from before it was asked for.
    expect(at('expires_at') - at('last_refreshed_at')).toBeGreaterThan(3_590_000)
    expect(at('expires_at') - at('last_refreshed_at')).toBeLessThanOrEqual(3_600_000)
    expect(at('expires_at') - at('next_refresh_at')).toBe(60_000)
    expect(JSON.stringify(world.server.output)).not.toMatch(/access-|refresh-\d|planted-client-secret/)
  })

  it('uses a token that ends soon while its vendor hangs, and the next one when it is there', async () => {
    const held = deferred()
    const grant = singleUse()
    upstream.answer('/token', async (response, request) => {
      await held.promise
      await grant(response, request)
    })
    const world = await start(new Date(Date.now() + 50_000).toISOString())
    const { url, headers } = world.call('/api', await world.token())
    const startedAt = performance.now()
    const answers = await Promise.all(Array.from({ length: 100 }, () => rawRequest(url, { headers })))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(new Set(asked('/api').map((request) => request.values('authorization')[0]))).toEqual(
      new Set(['Bearer access-1']),
    )
    held.resolve()
    const next = async () => {
      await rawRequest(url, { headers })
      return asked('/api').at(-1)?.values('authorization')[0]
    }
    await expect.poll(next, { timeout: 10_000 }).toBe('Bearer access-2')
    expect(asked('/token')).toHaveLength(1)
  })

  it('leaves an account alone whose grant is void, and says so once to whom it may concern', async () => {
    upstream.answer('/token', json({ error: 'invalid_grant' }, {}, 400))
    const world = await start('2026-01-01T00:00:00Z')
    const token = await world.token()
    const { url, headers } = world.call('/api', token)
    const answers = await Promise.all(Array.from({ length: 200 }, () => rawRequest(url, { headers })))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([424]))
    expect(answers[0]?.json()).toMatchObject({ code: 'account_reauth_required', details: { account_id: 'apn_1' } })
    expect(asked('/token')).toHaveLength(1)
    expect(await account(world, token)).toMatchObject({
      healthy: false,
      dead: true,
      error: 'The grant has ended: the vendor answered 400 invalid_grant. Connect the account again.',
      next_refresh_at: null,
    })
    await expect.poll(() => asked('/hook').length).toBe(1)
    expect(JSON.parse(asked('/hook')[0]?.body.toString() ?? '')).toMatchObject({
      type: 'account.dead',
      data: { account_id: 'apn_1', app: 'acme', reason: 'the vendor answered 400 invalid_grant' },
    })
  })

  it('answers 503 with Retry-After while the vendor fails', async () => {
    upstream.answer('/token', status(503, { 'retry-after': '30' }))
    const world = await start('2026-01-01T00:00:00Z')
    const { url, headers } = world.call('/api', await world.token())
    const answer = await rawRequest(url, { headers })
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '30'])
  })
})
