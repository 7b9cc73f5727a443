import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { manualClock } from '@proxy/conformance'
import { type AppDefinition, type ProxyEvent, undiciTransport } from '@proxy/core'
import { oauthExchange } from '@proxy/oauth'
import { memoryLeaseStore, memoryStorage } from '@proxy/storage-memory'
import { type Answer, json, neverEnds, startUpstream, status, type Upstream } from '@proxy/test-support'
import { afterEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine/start-engine.js'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** The engine with one OAuth account whose vendor takes the newest access token and each refresh token once. */
async function world(
  options: { readonly endsInMs?: number; readonly aliveWaitMs?: number; readonly oauth?: AppDefinition['oauth'] } = {},
) {
  const upstream = await startUpstream()
  open.push(() => upstream.stop())
  const clock = manualClock()
  let generation = 1
  const issue = (): object => {
    generation += 1
    return { access_token: `access-${generation}`, refresh_token: `refresh-${generation}`, expires_in: 3600 }
  }
  const grant: Answer = (response, request) => {
    const isValid = new URLSearchParams(request.body.toString()).get('refresh_token') === `refresh-${generation}`
    return (isValid ? json(issue()) : json({ error: 'invalid_grant' }, {}, 400))(response, request)
  }
  upstream.answer('/token', grant)
  upstream.answer('/api', (response, request) => {
    const isValid = request.values('authorization')[0] === `Bearer access-${generation}`
    return (isValid ? json({ ok: true }) : json({ error: 'unauthorized' }, {}, 401))(response, request)
  })
  const origin = `http://127.0.0.1:${upstream.port}`
  const acme: AppDefinition = {
    name_slug: 'acme',
    name: 'Acme',
    auth_type: 'oauth',
    connect: { base_proxy_target_url: origin },
    custom_fields: [{ name: 'tenant', optional: true }],
    auth: [{ kind: 'bearer' }],
    oauth: { token_url: `${origin}/token`, client_id: 'client-1', client_secret: 'client-secret', ...options.oauth },
  }
  const events: ProxyEvent[] = []
  const storage = memoryStorage({ clock })
  const transport = undiciTransport({ network: { allowPrivate: ['127.0.0.1'] } })
  const engine = await startEngine({
    apps: [acme],
    accounts: [
      {
        id: 'apn_1',
        app: 'acme',
        credentials: { oauth_access_token: 'access-1', oauth_refresh_token: 'refresh-1' },
        expiresAt: clock.now() + (options.endsInMs ?? 3_600_000),
      },
    ],
    allowPrivate: ['127.0.0.1'],
    storage,
    clock,
    hooks: [(event) => events.push(event)],
    renewal: {
      exchange: oauthExchange({ transport, storage, clock }),
      leases: memoryLeaseStore({ clock }),
      ...(options.aliveWaitMs !== undefined && { aliveWaitMs: options.aliveWaitMs }),
    },
  })
  open.push(
    () => transport.close(),
    async () => {
      const closed = engine.close()
      clock.advance(5_000)
      await closed
    },
  )
  const call = (further: Partial<Parameters<Engine['call']>[0]> = {}) =>
    engine.call({ target: '/api', account: 'apn_1', ...further })
  return {
    upstream,
    clock,
    engine,
    events,
    grant,
    call,
    issue,
    tokenRequests: () => asked(upstream, '/token'),
    apiCalls: () => asked(upstream, '/api').map((request) => request.values('authorization')[0]),
    stored: async () => await storage.readAccount({ project: 'proj_test', environment: 'development' }, 'apn_1'),
  }
}

function asked(upstream: Upstream, path: string) {
  return upstream.requests.filter(({ url }) => url === path)
}

describe('a call with an expired token', () => {
  it('goes out with a new one; 1,000 at a time cost one token request', async () => {
    const { call, tokenRequests, apiCalls } = await world({ endsInMs: -1 })
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => call()))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    expect(tokenRequests()).toHaveLength(1)
    expect(new Set(apiCalls())).toEqual(new Set(['Bearer access-2']))
  })

  it('is 424 when the grant is void, and 503 with Retry-After when the vendor is down', async () => {
    const { call, upstream, tokenRequests, stored, clock } = await world({ endsInMs: -1 })
    upstream.answer('/token', status(429, { 'retry-after': '20' }))
    const busy = await call()
    expect([busy.status, busy.header('x-code')]).toEqual([503, 'credential_refresh_failed'])
    clock.advance(19_999)
    expect((await call()).status).toBe(503)
    expect(tokenRequests()).toHaveLength(1)
    clock.advance(1)
    upstream.answer('/token', json({ error: 'invalid_grant' }, {}, 400))
    for (let nth = 0; nth < 3; nth += 1) {
      const dead = await call()
      expect([dead.status, dead.header('x-code'), dead.body.toString()]).toEqual([
        424,
        'account_reauth_required',
        'The account apn_1 has to be connected again.',
      ])
    }
    expect(tokenRequests()).toHaveLength(2)
    expect(await stored()).toMatchObject({ dead: true })
  })

  it('whose new token is lost on the way is 503, then 424', async () => {
    const { call, upstream, tokenRequests, grant, issue, clock } = await world({ endsInMs: -1 })
    upstream.answer('/token', (response) => {
      issue()
      response.destroy()
    })
    expect((await call()).status).toBe(503)
    expect(tokenRequests()).toHaveLength(1)
    upstream.answer('/token', grant)
    clock.advance(1_000)
    expect((await call()).status).toBe(424)
    expect(tokenRequests()).toHaveLength(2)
  })
})

describe('a call of an account that lacks what a renewal needs', () => {
  const oauth = { token_params: { tenant: '{{custom_fields.tenant}}' } }

  it('is 422 and names it, once the token has ended', async () => {
    const { call, tokenRequests, stored, events } = await world({ endsInMs: -1, oauth })
    for (let nth = 0; nth < 3; nth += 1) {
      const answer = await call()
      expect([answer.status, answer.header('x-code')]).toEqual([422, 'account_config_invalid'])
      expect(answer.body.toString()).toBe('The account has no value for custom_fields.tenant.')
    }
    expect(tokenRequests()).toHaveLength(0)
    expect(await stored()).toMatchObject({
      dead: false,
      error: 'The account has no value for custom_fields.tenant.',
      version: 2,
    })
    expect(events).toContainEqual(expect.objectContaining({ outcome: 'failed', reason: 'account_config_invalid' }))
  })

  it('goes out while the token lives', async () => {
    const { call, tokenRequests } = await world({ endsInMs: 30_000, oauth })
    expect((await call()).status).toBe(200)
    expect(tokenRequests()).toHaveLength(0)
  })
})

describe('a call with a token that ends soon', () => {
  it('does not wait for a vendor that does not answer', async () => {
    const { call, upstream, apiCalls, tokenRequests, clock } = await world({ endsInMs: 30_000 })
    upstream.answer('/token', neverEnds())
    const first = call()
    while (tokenRequests().length === 0) await new Promise((resolve) => setImmediate(resolve))
    const others = await Promise.all(Array.from({ length: 50 }, () => call()))
    expect(new Set(others.map((answer) => answer.status))).toEqual(new Set([200]))
    clock.advance(1_000)
    expect((await first).status).toBe(200)
    expect(new Set(apiCalls())).toEqual(new Set(['Bearer access-1']))
    expect(tokenRequests()).toHaveLength(1)
  })
})

describe('a token that the upstream refuses', () => {
  it('ends the account when the grant is void, too: 424 instead of the 401', async () => {
    const { call, issue, apiCalls, tokenRequests, stored } = await world()
    issue()
    const answer = await call()
    expect([answer.status, apiCalls(), tokenRequests().length]).toEqual([424, ['Bearer access-1'], 1])
    expect((await stored())?.dead).toBe(true)
  })

  it('is renewed once for all calls that were refused, which are sent again, also with a body', async () => {
    const { call, upstream, apiCalls, tokenRequests, clock } = await world()
    let isRevoked = true
    upstream.answer('/api', (response, request) => {
      const isOld = request.values('authorization')[0] === 'Bearer access-1'
      return (isRevoked && isOld ? status(401) : json({ got: request.body.toString() }))(response, request)
    })
    const answers = await Promise.all([
      ...Array.from({ length: 20 }, () => call()),
      ...Array.from({ length: 20 }, () => call({ method: 'POST', body: 'hello' })),
    ])
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    expect(answers.at(-1)?.body.toString()).toBe('{"got":"hello"}')
    expect(tokenRequests()).toHaveLength(1)
    expect(apiCalls().filter((token) => token === 'Bearer access-2')).toHaveLength(40)
    isRevoked = false
    clock.advance(1)
    expect((await call()).status).toBe(200)
  })

  it('is renewed behind a call whose body was streamed: that gets the 401, the next one the new token', async () => {
    const { call, upstream, apiCalls, tokenRequests } = await world()
    upstream.answer('/api', (response, request) =>
      (request.values('authorization')[0] === 'Bearer access-1' ? status(401) : status(204))(response, request),
    )
    const chunks = Array.from({ length: 64 }, () => Buffer.alloc(1024 * 32))
    expect((await call({ method: 'POST', body: Readable.from(chunks) })).status).toBe(401)
    expect([apiCalls(), tokenRequests().length]).toEqual([['Bearer access-1'], 1])
    expect((await call()).status).toBe(204)
    expect(apiCalls()).toEqual(['Bearer access-1', 'Bearer access-2'])
  })

  it('right after it was made is not renewed again, nor the call sent twice', async () => {
    const { call, upstream, apiCalls, tokenRequests } = await world({ endsInMs: -1 })
    upstream.answer('/api', status(401))
    expect((await call()).status).toBe(401)
    expect([apiCalls(), tokenRequests().length]).toEqual([['Bearer access-2'], 1])
    for (let nth = 0; nth < 10; nth += 1) expect((await call()).status).toBe(401)
    expect(tokenRequests()).toHaveLength(1)
  })

  it('is handed back as it is when the vendor cannot make another one', async () => {
    const { call, upstream, apiCalls, tokenRequests } = await world()
    upstream.answer('/api', json({ error: 'expired' }, {}, 401))
    upstream.answer('/token', status(500))
    for (let nth = 0; nth < 5; nth += 1) {
      const answer = await call()
      expect([answer.status, answer.body.toString()]).toEqual([401, '{"error":"expired"}'])
    }
    expect([apiCalls().length, tokenRequests().length]).toEqual([5, 1])
  })
})

describe('closing', () => {
  it('waits for a refresh that goes on behind a call', async () => {
    const { call, upstream, engine, stored, clock, grant, tokenRequests } = await world({ endsInMs: 30_000 })
    let finish: () => void = () => undefined
    upstream.answer('/token', (response, request) => {
      finish = () => void grant(response, request)
    })
    const first = call()
    while (tokenRequests().length === 0) await new Promise((resolve) => setImmediate(resolve))
    clock.advance(1_000)
    await first
    const closing = engine.close()
    finish()
    await closing
    expect((await stored())?.values.reveal().credentials.oauth_access_token).toBe('access-2')
  })

  it('gives up a refresh that takes longer than 5 s', { timeout: 10_000 }, async () => {
    const { call, upstream, engine, clock, tokenRequests } = await world({ endsInMs: -1 })
    upstream.answer('/token', neverEnds())
    const first = call()
    while (tokenRequests().length === 0) await new Promise((resolve) => setImmediate(resolve))
    const closing = engine.close()
    clock.advance(5_000)
    await closing
    expect((await first).status).toBe(503)
  })
})

describe('what is logged and answered', () => {
  it('holds nothing of tokens and clients, whatever the vendor answers', async () => {
    const planted = ['access-1', 'refresh-1', 'client-secret', 'planted-answer']
    const answers: Answer[] = [
      json({ error: 'invalid_client', error_description: 'refresh-1 client-secret' }, {}, 401),
      json({ error: 'refresh-1' }, {}, 400),
      json({ refresh_token: 'planted-answer' }),
      json('planted-answer'),
      (response) => void response.destroy(new Error('client-secret')),
      status(302, { location: 'https://evil.example/?token=planted-answer' }),
      json({ error: 'invalid_grant', error_description: 'refresh-1' }, {}, 400),
    ]
    const { call, upstream, events, stored, clock } = await world({ endsInMs: -1 })
    const shown: string[] = []
    for (const answer of answers) {
      upstream.answer('/token', answer)
      const { headers, body } = await call()
      shown.push(headers.join(' '), body.toString(), (await stored())?.error ?? '')
      clock.advance(60_000)
    }
    shown.push(inspect(events, { depth: 10 }), JSON.stringify(await stored()))
    expect(events.filter(({ type }) => type === 'refresh')).toHaveLength(answers.length)
    for (const secret of planted) expect(shown.join('\n').includes(secret), secret).toBe(false)
    expect(inspect(events, { depth: 10 })).toContain('invalid_grant')
  })
})
