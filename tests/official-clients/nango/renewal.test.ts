import { type Answer, json, sequence, status } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, type NangoWorld, startNangoWorld } from './world.js'

let world: NangoWorld
let port: number

beforeAll(async () => {
  world = await startNangoWorld()
  port = world.upstream.port
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

const granted = json({ access_token: 'renewed-token-1b2c', expires_in: 3600, refresh_token: 'renewed-refresh-9d8e' })

/** A server whose app gets its tokens from `/token` of the upstream, with a connection whose token ends so. */
async function withToken(endsAt: Date, token: Answer, run: (own: NangoWorld) => Promise<void>): Promise<void> {
  const own = await startNangoWorld({
    network: { allowPrivate: ['127.0.0.0/8'], hosts: { localhost: '127.0.0.1' } },
    apps: [
      {
        name_slug: 'mail',
        name: 'Mail',
        auth_type: 'oauth',
        connect: { base_proxy_target_url: `http://localhost:${port}`, allow_http: true },
        auth: [{ kind: 'bearer' }],
        oauth: { token_url: `http://localhost:${port}/token`, client_id: 'id', client_secret: 'client-secret-5f5f' },
      },
    ],
    accounts: [
      {
        project: 'proj_nango',
        environment: 'development',
        id: 'apn_mail1',
        external_user_id: 'u',
        external_id: 'c1',
        app: 'mail',
        credentials: {
          oauth_access_token: 'old-token-7a7a',
          oauth_refresh_token: 'old-refresh-3c3c',
          expires_at: endsAt.toISOString(),
        },
      },
    ],
  })
  world.upstream.answer('/token', token)
  try {
    await run(own)
  } finally {
    await own.stop()
  }
}

const past = new Date(Date.now() - 60_000)
const future = new Date(Date.now() + 3_600_000)
const soon = () => new Date(Date.now() + 30_000)
const mail = { providerConfigKey: 'mail', connectionId: 'c1', endpoint: '/inbox' } as const

const inbox = () => world.upstream.requests.filter(({ url }) => url === '/inbox')
const exchanges = () => world.upstream.requests.filter(({ url }) => url === '/token')

describe('a token that has ended', () => {
  it('is renewed before the call, and for whoever asks for it', async () => {
    await withToken(past, granted, async (own) => {
      expect((await own.client().get(mail)).status).toBe(200)
      expect(inbox().map((seen) => seen.values('authorization'))).toEqual([['Bearer renewed-token-1b2c']])
      expect(await own.client().getToken('mail', 'c1')).toBe('renewed-token-1b2c')
      const shown = await own.client().getConnection('mail', 'c1', false, true)
      expect(shown.credentials).toMatchObject({ refresh_token: 'renewed-refresh-9d8e', expires_at: expect.any(String) })
      expect(exchanges()).toHaveLength(1)
    })
  })

  it('whose renewal fails is a 400, and a 424 while nobody asks again', async () => {
    await withToken(past, status(500), async (own) => {
      const failed = await errorOf(own.client().get(mail))
      expect(failed.response).toMatchObject({
        status: 400,
        data: {
          error: { code: 'server_error', message: expect.stringMatching(/^Failed to get connection credentials/) },
        },
      })
      expect(failed.response.headers['x-proxy-error']).toBe('server_error')
      for (const call of [() => own.client().get(mail), () => own.client().getToken('mail', 'c1')]) {
        const paused = await errorOf(call())
        expect(paused.response).toMatchObject({ status: 424, data: { error: { code: 'connection_refresh_backoff' } } })
        expect(Number(paused.response.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      }
      expect(inbox()).toEqual([])
    })
  })

  it('whose grant is void is a 424, and stays one', async () => {
    await withToken(past, json({ error: 'invalid_grant' }, {}, 400), async (own) => {
      for (let call = 0; call < 3; call++) {
        const dead = await errorOf(own.client().get(mail))
        expect(dead.response).toMatchObject({
          status: 424,
          data: {
            error: { code: 'server_error', message: expect.stringMatching(/^Failed to get connection credentials/) },
          },
        })
      }
      const asked = exchanges().length
      expect(asked).toBeLessThanOrEqual(2)
      expect((await errorOf(own.client().getToken('mail', 'c1'))).response.status).toBe(424)
      expect(exchanges()).toHaveLength(asked)
      expect((await own.client().listConnections()).connections[0]?.errors).toEqual([{ type: 'auth', log_id: '' }])
    })
  })
})

describe('a token that is alive', () => {
  it('serves, although it cannot be renewed', async () => {
    await withToken(soon(), status(500), async (own) => {
      for (let call = 0; call < 3; call++) expect((await own.client().get(mail)).status).toBe(200)
      expect(inbox().map((seen) => seen.values('authorization'))).toEqual(Array(3).fill(['Bearer old-token-7a7a']))
    })
  })

  it('is renewed once when the upstream refuses it, and the call sent again', async () => {
    world.upstream.answer('/inbox', sequence(status(401), json({ fine: true })))
    await withToken(future, granted, async (own) => {
      const answer = await own.client().post({ ...mail, data: { text: 'hello' } })
      expect(answer.data).toEqual({ fine: true })
      expect(inbox().map((seen) => [seen.values('authorization'), seen.body.toString()])).toEqual([
        [['Bearer old-token-7a7a'], '{"text":"hello"}'],
        [['Bearer renewed-token-1b2c'], '{"text":"hello"}'],
      ])
      expect(exchanges()).toHaveLength(1)
    })
  })

  it('is renewed when a caller forces it', async () => {
    await withToken(future, granted, async (own) => {
      expect(await own.client().getToken('mail', 'c1')).toBe('old-token-7a7a')
      expect(await own.client().getToken('mail', 'c1', true)).toBe('renewed-token-1b2c')
      expect(exchanges()).toHaveLength(1)
      const logs = own.server.logs()
      for (const secret of ['old-token', 'renewed-', 'old-refresh', 'client-secret']) expect(logs).not.toContain(secret)
    })
  })
})
