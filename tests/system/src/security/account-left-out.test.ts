import { json, type RunningServer, rawRequest, startServer, startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const project = 'proj_1'
const key = 'a-static-key-of-the-project'

let upstream: Upstream
let server: RunningServer

beforeAll(async () => {
  upstream = await startUpstream()
  upstream.answer('/token', json({ error: 'invalid_grant' }, {}, 400))
  server = await startServer({ config: config(`127.0.0.1:${upstream.port}`) })
})

afterAll(async () => {
  await server.stop()
  await upstream.stop()
})

/** The hosts of accounts lead to a private address: who is found gets `target_denied`, and nobody else does. */
function config(origin: string): Record<string, unknown> {
  const auth = [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.key}}' }]
  const custom_fields = [
    { name: 'host', format: 'host', optional: true },
    { name: 'key', type: 'password' },
  ]
  const app = (name_slug: string, connect: object) => {
    return { name_slug, name: name_slug, auth_type: 'keys', custom_fields, auth, connect }
  }
  const account = (external_user_id: string, id: string, app: string, host?: string) => ({
    ...{ project, environment: 'production', id, external_user_id, app },
    custom_fields: { key: id, ...(host === undefined ? undefined : { host }) },
  })
  const ended = { oauth_access_token: 'a', oauth_refresh_token: 'r', expires_at: '2026-01-01T00:00:00Z' }
  const names = ['a.example.com', 'b.example.com', 'c.example.com']
  return {
    network: { allowPrivate: [origin], hosts: Object.fromEntries(names.map((name) => [name, '10.0.0.1'])) },
    limits: { project: 'none' },
    projects: [{ id: project, secretKeys: [{ key }] }],
    apps: [
      app('fixed', { base_proxy_target_url: `http://${origin}` }),
      app('listed', { allowed_domains: ['{{custom_fields.host}}'] }),
      app('based', { base_proxy_target_url: 'https://{{custom_fields.host}}' }),
      {
        ...{ name_slug: 'ending', name: 'ending', auth_type: 'oauth', auth: [{ kind: 'bearer' }] },
        connect: { base_proxy_target_url: `http://${origin}` },
        oauth: { token_url: `http://${origin}/token`, client_id: 'c', client_secret: 's' },
      },
    ],
    accounts: [
      account('one', 'apn_one', 'fixed'),
      account('listed', 'apn_a', 'listed', 'a.example.com'),
      account('listed', 'apn_b', 'listed', 'b.example.com'),
      account('based', 'apn_based', 'based', 'c.example.com'),
      account('dead', 'apn_living', 'listed', 'a.example.com'),
      ...['dead', 'halfdead'].map((external_user_id) => ({
        ...{ project, environment: 'production', id: `apn_${external_user_id}`, external_user_id, app: 'ending' },
        credentials: ended,
      })),
      account('halfdead', 'apn_alive', 'fixed'),
    ],
  }
}

async function codeOf(user: string, target: string, account?: string): Promise<unknown> {
  const named = account === undefined ? '' : `&account_id=${account}`
  const path = `/v1/connect/${project}/proxy/${Buffer.from(target).toString('base64url')}?external_user_id=${user}${named}`
  const answer = await rawRequest(server.url + path, { headers: { authorization: `Bearer ${key}` } })
  return answer.status === 200 ? 200 : [answer.status, answer.headers['x-proxy-error']]
}

describe('a call that names no account', () => {
  it('gets the only one of the user, and nobody else’s', async () => {
    upstream.forget()
    expect(await codeOf('one', '/x')).toBe(200)
    expect(upstream.only().values('x-api-key')).toEqual(['apn_one'])
    expect(await codeOf('nobody', '/x')).toEqual([404, 'record_not_found'])
  })

  it('gets the one whose own host is the target’s', async () => {
    expect(await codeOf('listed', 'https://a.example.com/x', 'apn_a')).toEqual([400, 'target_denied'])
    expect(await codeOf('listed', 'https://a.example.com/x')).toEqual([400, 'target_denied'])
    expect(await codeOf('listed', 'https://b.example.com/x')).toEqual([400, 'target_denied'])
    expect(await codeOf('listed', 'https://c.example.com/x')).toEqual([404, 'record_not_found'])
    expect(await codeOf('listed', '/x')).toEqual([404, 'record_not_found'])
  })

  it('is told that a base with custom fields takes relative paths only', async () => {
    expect(await codeOf('based', '/x')).toEqual([400, 'target_denied'])
    expect(await codeOf('based', 'https://c.example.com/x')).toEqual([400, 'relative_path_required'])
    expect(await codeOf('based', 'https://a.example.com/x')).toEqual([404, 'record_not_found'])
  })

  it('gets a living account before a dead one, and hears of the dead one when there is no other', async () => {
    for (const user of ['dead', 'halfdead']) {
      expect(await codeOf(user, '/x', `apn_${user}`)).toEqual([424, 'account_reauth_required'])
    }
    expect(await codeOf('dead', '/x')).toEqual([424, 'account_reauth_required'])
    upstream.forget()
    expect(await codeOf('halfdead', '/x')).toBe(200)
    expect(upstream.only().values('x-api-key')).toEqual(['apn_alive'])
  })
})
