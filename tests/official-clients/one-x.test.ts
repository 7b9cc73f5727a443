import { json, neverEnds, rawRequest, selfSignedCertificate, text } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type OneX, type OneXSettings, startOneX } from './clients/start-one-x.js'
import { accounts, project, regionsHost, secrets, user } from './world/configuration.js'
import { occurrences, privateHeaderNames } from './world/on-the-wire.js'
import { startWorld, type World } from './world/start-world.js'

const certificate = selfSignedCertificate()
const acme = { searchParams: { external_user_id: user, account_id: accounts.acme } }

let world: World
let client: OneX

function settings(change: Partial<OneXSettings> = {}): OneXSettings {
  return {
    apiHost: `localhost:${world.server.port}`,
    projectId: project,
    environment: 'development',
    credentials: { clientId: 'main', clientSecret: secrets.mainClient },
    ...change,
  }
}

async function another(change: Partial<OneXSettings>): Promise<OneX> {
  const other = await startOneX(settings(change), certificate.certificate)
  onTestFinished(() => other.stop())
  return other
}

beforeAll(async () => {
  world = await startWorld({ certificate })
  client = await startOneX(settings(), certificate.certificate)
  return async () => {
    await client.stop()
    await world.stop()
  }
})

afterEach(() => world.upstream.forget())

/** `makeProxyRequest` as a user of 1.x writes it. */
function proxied(url: string, options: { method: string; headers?: Record<string, string>; body?: unknown }) {
  return client.call('makeProxyRequest', acme, { url, options })
}

describe('the official client 1.8.0, over TLS', () => {
  it('does not get in without trusting the certificate', async () => {
    await expect(rawRequest(`${world.server.url}/livez`)).rejects.toThrow('self-signed')
    expect((await rawRequest(`${world.server.url}/livez`, { ca: certificate.certificate })).status).toBe(200)
  })

  it('gets a token by form, also with scopes', async () => {
    expect(await client.call('rawAccessToken')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    const scoped = await another({ scope: ['connect:proxy', 'connect:accounts:read'] })
    const token = String(await scoped.call('rawAccessToken'))
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { scope: string }
    expect(claims.scope.split(' ').sort()).toEqual(['connect:accounts:read', 'connect:proxy'])
  })

  it('makes ten first calls at once', async () => {
    const fresh = await another({})
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        fresh.call('makeProxyRequest', acme, { url: `/burst/${index}`, options: { method: 'GET' } }),
      ),
    )
    expect(world.upstream.requests).toHaveLength(10)
  })

  it('gets a full URL with its query, with the credential exactly once and no type for no body', async () => {
    const answer = await proxied(world.target('/things?q=a%20b&q=c'), { method: 'GET', headers: { Hello: 'world!' } })

    const seen = world.upstream.only()
    expect(answer).toEqual({ method: 'GET', url: '/things?q=a%20b&q=c' })
    expect(seen.values('x-api-key')).toEqual([secrets.acmeKey])
    expect(occurrences(seen, secrets.acmeKey)).toBe(1)
    expect(seen.values('hello')).toEqual(['world!'])
    expect(seen.values('content-type')).toEqual([])
    expect(privateHeaderNames(seen)).toEqual([])
  })

  it.each(['POST', 'PUT', 'PATCH'])('sends the JSON body of a %s', async (method) => {
    const body = { text: 'hello, world', channel: 'C03NA8B4VA9' }
    await proxied('/api/chat.postMessage', { method, body })

    const seen = world.upstream.only()
    expect([seen.method, seen.url, seen.body.toString()]).toEqual([
      method,
      '/api/chat.postMessage',
      JSON.stringify(body),
    ])
    expect(seen.values('content-type')).toEqual(['application/json'])
  })

  it('sends text as it is, under the type that the caller names', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    await proxied('/form', { method: 'POST', headers, body: 'a=1+2&a=3' })

    const seen = world.upstream.only()
    expect(seen.body.toString()).toBe('a=1+2&a=3')
    expect(seen.values('content-type')).toEqual(['application/x-www-form-urlencoded'])
  })

  it('deletes', async () => {
    await proxied('/things/7', { method: 'DELETE' })
    expect([world.upstream.only().method, world.upstream.only().url]).toEqual(['DELETE', '/things/7'])
  })

  it('reads text and server-sent events', async () => {
    world.upstream.answer('/csv', text('a,b\n', { 'content-type': 'text/csv' }))
    world.upstream.answer('/events', text('data: one\n\n', { 'content-type': 'text/event-stream' }))
    expect(await proxied('/csv', { method: 'GET' })).toBe('a,b\n')
    expect(await proxied('/events', { method: 'GET' })).toBe('data: one\n\n')
  })

  it('finds the domain of a dynamic app from the account', async () => {
    const searchParams = { external_user_id: user, account_id: accounts.regions }
    await client.call('makeProxyRequest', { searchParams }, { url: '/api/v2/chats', options: { method: 'GET' } })
    expect(world.upstream.only().values('host')).toEqual([`${regionsHost}:${world.upstream.port}`])
  })

  it('throws what it throws for 400, 401, 403, 404, 429 and 504', async () => {
    await expect(proxied('/x', { method: 'GET', headers: { Cookie: 'a=1' } })).rejects.toThrow(
      /status: 400, .*Unsupported header: cookie/i,
    )
    const stranger = await another({ credentials: { accessToken: 'unknown' } })
    await expect(stranger.call('getAccounts', {})).rejects.toThrow(/status: 401, .*invalid_token/)
    const proxyOnly = await another({ scope: ['connect:proxy'] })
    await expect(proxyOnly.call('getAccounts', {})).rejects.toThrow(/status: 403, .*insufficient_scope/)
    const wrong = await another({ credentials: { clientId: 'main', clientSecret: 'wrong' } })
    await expect(wrong.call('getAccounts', {})).rejects.toThrow('ran out of attempts')
    await expect(client.call('getAccountById', 'apn_nobody')).rejects.toThrow(/status: 404, .*record_not_found/)
    expect(world.upstream.requests).toEqual([])

    world.upstream.answer('/busy', json({ error: 'slow down' }, {}, 429))
    world.upstream.answer('/slow', neverEnds())
    await expect(proxied('/busy', { method: 'GET' })).rejects.toThrow(/status: 429, .*slow down/)
    await expect(proxied('/slow', { method: 'GET' })).rejects.toThrow(/status: 504, .*upstream_timeout/)
  })

  it('refuses a target that is not UTF-8, which its own encoding makes of one with an accent', async () => {
    await expect(proxied('/r\u00e9sum\u00e9', { method: 'GET' })).rejects.toThrow(/status: 400, .*invalid_url/)
    await proxied('/r%C3%A9sum%C3%A9', { method: 'GET' })
    expect(world.upstream.only().url).toBe('/r%C3%A9sum%C3%A9')
  })
})

describe('management by the official client 1.8.0', () => {
  it('lists apps page by page, and retrieves one', async () => {
    const page = (await client.call('getApps', { limit: 2 })) as AppPage
    expect(page.data).toHaveLength(2)
    expect(page.page_info).toMatchObject({ count: 2, end_cursor: expect.any(String) })
    const next = (await client.call('getApps', { limit: 2, after: page.page_info.end_cursor })) as AppPage
    expect(next.data.map((app) => app.id)).not.toContain(page.data[0]?.id)
    const { data } = (await client.call('getApp', 'acme')) as { data: { id: string } }
    expect(data).toMatchObject({ name_slug: 'acme', auth_type: 'keys', connect: { proxy_enabled: true } })
    expect(await client.call('getApp', data.id)).toEqual({ data })
  })

  it('lists and retrieves accounts, with credentials when it asks', async () => {
    const query = { external_user_id: user, app: 'acme' }
    const plain = (await client.call('getAccounts', query)) as { data: object[]; page_info: object }
    expect(plain.data).toMatchObject([{ id: accounts.acme, external_id: user, app: { name_slug: 'acme' } }])
    expect(JSON.stringify(plain)).not.toContain(secrets.acmeKey)
    const open = await client.call('getAccounts', { ...query, include_credentials: 1 })
    expect(open).toMatchObject({ data: [{ credentials: { api_key: secrets.acmeKey } }] })
    expect(await client.call('getAccountById', accounts.acme, { include_credentials: true })).toMatchObject({
      id: accounts.acme,
      credentials: { api_key: secrets.acmeKey },
    })
  })

  it('creates a connect token, and tells about the project', async () => {
    const made = (await client.call('createConnectToken', { external_user_id: user })) as Record<string, string>
    expect(made.token).toMatch(/^ctok_[0-9a-f]{32}$/)
    expect(Date.parse(made.expires_at ?? '')).toBeGreaterThan(Date.now())
    expect(await client.call('getProjectInfo')).toMatchObject({ apps: expect.any(Array) })
  })

  it('deletes an account, the accounts of an app, and a user', async () => {
    const remaining = async () => {
      const page = (await client.call('getAccounts', { external_user_id: user })) as { data: { id: string }[] }
      return page.data.map((account) => account.id)
    }
    expect(await remaining()).toHaveLength(5)
    expect(await client.call('deleteAccount', accounts.query)).toBe('')
    expect(await remaining()).toHaveLength(4)
    await client.call('deleteAccountsByApp', 'acme')
    expect(await remaining()).not.toContain(accounts.acme)
    await client.call('deleteExternalUser', user)
    expect(await remaining()).toEqual([])
  })
})

interface AppPage {
  readonly data: { id: string }[]
  readonly page_info: { end_cursor: string }
}
