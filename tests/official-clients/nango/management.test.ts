import { rawRequest } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, type NangoWorld, project, secrets, startNangoWorld } from './world.js'

let world: NangoWorld

beforeAll(async () => {
  world = await startNangoWorld()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

/** What the client has no method for. */
async function create(body: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await world.raw('/connections', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: answer.json() as Record<string, unknown> }
}

describe('connections', () => {
  it('are shown whole, in the form that callers know', async () => {
    const connection = await world.client().getConnection('acme', 'c1')
    expect(connection).toEqual({
      id: expect.any(Number),
      connection_id: 'c1',
      provider_config_key: 'acme',
      provider: 'acme',
      errors: [],
      end_user: { id: 'user-1', email: null, display_name: null, tags: {}, organization: null },
      tags: {},
      metadata: null,
      connection_config: {},
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
      last_fetched_at: expect.stringMatching(/^\d{4}-.*Z$/),
      credentials: { type: 'API_KEY', apiKey: secrets.acmeKey },
    })
    expect((await world.client().getConnection('acme', 'c1')).id).toBe(connection.id)
  })

  it('show a refresh token only when it is asked for', async () => {
    const client = world.client()
    const usual = await client.getConnection('shop', 'c1')
    expect(usual.credentials).toMatchObject({ type: 'OAUTH2', access_token: secrets.shopToken })
    expect(JSON.stringify(usual)).not.toContain(secrets.shopRefresh)
    const whole = await client.getConnection('shop', 'c1', false, true)
    expect(whole.credentials).toMatchObject({ refresh_token: secrets.shopRefresh })
    expect(await client.getToken('shop', 'c1')).toBe(secrets.shopToken)
    expect(await client.getRawTokenResponse('shop', 'c1')).toMatchObject({ access_token: secrets.shopToken })
    expect(await client.getToken('books', 'c1')).toEqual({
      type: 'BASIC',
      username: 'ann',
      password: secrets.booksPassword,
    })
  })

  it('show configuration beside credentials', async () => {
    expect(await world.client().getConnection('tenants', 'c1')).toMatchObject({
      connection_config: { tenant: 'north' },
      credentials: { type: 'API_KEY', apiKey: secrets.tenantToken },
    })
  })

  it.each([
    ['acme', { type: 'API_KEY', apiKey: 'made-key' }, { 'x-api-key': 'made-key' }],
    ['books', { type: 'BASIC', username: 'ann', password: 'pw' }, { authorization: `Basic ${btoa('ann:pw')}` }],
    [
      'shop',
      { type: 'OAUTH2', access_token: 'made-token', refresh_token: 'r' },
      { authorization: 'Bearer made-token' },
    ],
  ])('of %s are made, used and removed', async (key, credentials, sent) => {
    const made = await create({
      provider_config_key: key,
      connection_id: 'made-1',
      credentials,
      metadata: { plan: 'free' },
      tags: { team: 'red' },
      end_user: { id: 'user-9', email: 'u@example.com', display_name: 'U', organization: { id: 'org-1' } },
    })
    expect(made).toMatchObject({
      status: 201,
      body: {
        connection_id: 'made-1',
        provider_config_key: key,
        metadata: { plan: 'free' },
        tags: { team: 'red' },
        credentials,
        end_user: {
          id: 'user-9',
          email: 'u@example.com',
          display_name: 'U',
          organization: { id: 'org-1', display_name: null },
        },
      },
    })
    const client = world.client()
    await client.get({ providerConfigKey: key, connectionId: 'made-1', endpoint: '/x' })
    for (const [name, value] of Object.entries(sent)) expect(world.upstream.only().values(name)).toEqual([value])
    const deleted = await client.deleteConnection(key, 'made-1')
    expect(deleted.data).toEqual({ success: true })
    expect((await errorOf(client.getConnection(key, 'made-1'))).response.status).toBe(404)
    expect((await errorOf(client.deleteConnection(key, 'made-1'))).response).toMatchObject({
      status: 404,
      data: { error: { code: 'unknown_connection' } },
    })
  })

  it('are made again in place, and keep what is not given', async () => {
    const base = { provider_config_key: 'acme', connection_id: 'again' }
    const first = await create({ ...base, credentials: { type: 'API_KEY', apiKey: 'one' }, metadata: { a: 1 } })
    const second = await create({ ...base, credentials: { type: 'API_KEY', apiKey: 'two' } })
    expect(second).toMatchObject({ status: 201, body: { metadata: { a: 1 }, credentials: { apiKey: 'two' } } })
    expect(second.body.id).toBe(first.body.id)
  })

  it('have an id of their own when none is given, and no end user', async () => {
    const made = await create({ provider_config_key: 'acme', credentials: { type: 'API_KEY', apiKey: 'k' } })
    expect(made.body).toMatchObject({ connection_id: expect.stringMatching(/^[0-9a-f-]{36}$/), end_user: null })
  })

  it('may have ids of any allowed characters', async () => {
    for (const id of ['a/b', 'a b', 'a+b', 'u|1', '[x]', '{"y"}', "it's", 'a=b;c,d:e@f$g~h', 'metadata']) {
      await create({ provider_config_key: 'acme', connection_id: id, credentials: { type: 'API_KEY', apiKey: 'k' } })
      expect((await world.client().getConnection('acme', id)).connection_id).toBe(id)
      await world.client().get({ providerConfigKey: 'acme', connectionId: id, endpoint: '/x' })
      expect((await world.client().deleteConnection('acme', id)).data).toEqual({ success: true })
    }
  })

  it('are changed', async () => {
    await create({
      provider_config_key: 'acme',
      connection_id: 'patched',
      credentials: { type: 'API_KEY', apiKey: 'k' },
    })
    const client = world.client()
    const params = { connectionId: 'patched', provider_config_key: 'acme' }
    expect(await client.patchConnection(params, { end_user: { id: 'user-7' }, tags: { a: 'b' } })).toEqual({
      success: true,
    })
    expect(await client.getConnection('acme', 'patched')).toMatchObject({
      end_user: { id: 'user-7' },
      tags: { a: 'b' },
      credentials: { apiKey: 'k' },
    })
    const nobody = { ...params, connectionId: 'nobody' }
    expect((await errorOf(client.patchConnection(nobody, { tags: {} }))).response).toMatchObject({
      status: 404,
      data: { error: { code: 'not_found' } },
    })
  })

  it('are listed without credentials, and found by what is known of them', async () => {
    for (const index of [1, 2, 3]) {
      await create({
        provider_config_key: 'books',
        connection_id: `listed-${index}`,
        credentials: { type: 'BASIC', username: 'a', password: 'canary-password' },
        tags: { number: String(index), homeTown: `Town ${index}` },
        end_user: {
          id: `listed-user-${index}`,
          display_name: `Name ${index}`,
          email: `listed-${index}@example.com`,
          organization: { id: 'org-l' },
        },
      })
    }
    const client = world.client()
    const ids = async (query: object) =>
      (await client.listConnections(query)).connections.map((row) => row.connection_id).sort()
    const all = await client.listConnections()
    expect(JSON.stringify(all)).not.toMatch(/canary|credentials|acme-api-key/)
    expect(all.connections.find((row) => row.connection_id === 'listed-1')).toMatchObject({
      id: expect.any(Number),
      provider_config_key: 'books',
      provider: 'books',
      created: expect.any(String),
      metadata: null,
      errors: [],
      tags: { number: '1', homeTown: 'Town 1' },
      end_user: { id: 'listed-user-1' },
    })
    expect(await ids({ integrationId: 'books' })).toEqual(['c1', 'listed-1', 'listed-2', 'listed-3'])
    expect(await ids({ integrationId: ['shop', 'books'] })).toEqual(['c1', 'c1', 'listed-1', 'listed-2', 'listed-3'])
    expect(await ids({ connectionId: 'listed-2' })).toEqual(['listed-2'])
    expect(await ids({ connectionId: 'listed' })).toEqual([])
    expect(await ids({ userId: 'listed-user-3' })).toEqual(['listed-3'])
    expect(await ids({ tags: { number: '2' } })).toEqual(['listed-2'])
    expect(await ids({ tags: { homeTown: 'Town 3' } })).toEqual(['listed-3'])
    expect(await ids({ tags: { displayName: 'Name 1' } })).toEqual(['listed-1'])
    expect(await ids({ tags: { email: 'listed-2@example.com' } })).toEqual(['listed-2'])
    expect(await ids({ tags: { email: 'listed-2@example.com', displayName: 'Name 1' } })).toEqual([])
    expect(await ids({ integrationId: 'books', limit: 3 })).toHaveLength(3)
    expect(await ids({ integrationId: 'books', limit: 3, page: 1 })).toHaveLength(1)
    const searched = await client.listConnections(undefined, 'name 2')
    expect(searched.connections.map((row) => row.connection_id)).toEqual(['listed-2'])
    const users = await client.listConnections(undefined, undefined, { endUserId: 'listed-user-1' })
    expect(users.connections.map((row) => row.connection_id)).toEqual(['listed-1'])
    for (const integrationId of ['nothing', ['books', 'nothing']]) {
      const unknown = await errorOf(client.listConnections({ integrationId }))
      expect(unknown.response).toMatchObject({ status: 404, data: { error: { code: 'unknown_provider_config' } } })
    }
  })
})

describe('metadata', () => {
  it('is set, changed and read, for one connection or several', async () => {
    const client = world.client()
    const set = await client.setMetadata('acme', 'c1', { a: 1, b: { c: [1, 2] } })
    expect([set.status, set.data]).toEqual([
      201,
      { connection_id: 'c1', provider_config_key: 'acme', metadata: { a: 1, b: { c: [1, 2] } } },
    ])
    const changed = await client.updateMetadata('acme', 'c1', { a: 2, d: 'new' })
    expect(changed.status).toBe(200)
    expect(await client.getMetadata('acme', 'c1')).toEqual({ a: 2, b: { c: [1, 2] }, d: 'new' })
    await client.setMetadata('acme', 'c1', { only: true })
    expect(await client.getMetadata('acme', 'c1')).toEqual({ only: true })
    await create({
      provider_config_key: 'acme',
      connection_id: 'second',
      credentials: { type: 'API_KEY', apiKey: 'k' },
    })
    await client.setMetadata('acme', ['c1', 'second'], { both: 1 })
    expect(await client.getMetadata('acme', 'second')).toEqual({ both: 1 })
    const nobody = await errorOf(client.setMetadata('acme', ['c1', 'nobody'], { x: 1 }))
    expect(nobody.response).toMatchObject({ status: 404, data: { error: { code: 'unknown_connection' } } })
    expect(await client.getMetadata('acme', 'c1')).toEqual({ both: 1 })
  })
})

describe('integrations', () => {
  it('are the apps of the server, under their slugs', async () => {
    const { configs } = await world.client().listIntegrations()
    expect(configs.map((row) => row.unique_key)).toEqual(expect.arrayContaining(['acme', 'shop', 'tenants']))
    const { data } = await world.client().getIntegration({ uniqueKey: 'acme' })
    expect(data).toMatchObject({
      unique_key: 'acme',
      provider: 'acme',
      display_name: 'Acme',
      logo: expect.any(String),
      created_at: expect.any(String),
      updated_at: expect.any(String),
    })
  })

  it('may have names of their own, with connections of their own', async () => {
    const client = world.client()
    const made = await client.createIntegration({ provider: 'acme', unique_key: 'acme-eu', display_name: 'Acme EU' })
    expect(made.data).toMatchObject({ unique_key: 'acme-eu', provider: 'acme', display_name: 'Acme EU' })
    const body = {
      provider_config_key: 'acme-eu',
      connection_id: 'c1',
      credentials: { type: 'API_KEY', apiKey: 'eu-key' },
    }
    expect((await create(body)).status).toBe(201)
    await client.get({ providerConfigKey: 'acme-eu', connectionId: 'c1', endpoint: '/x' })
    expect(world.upstream.only().values('x-api-key')).toEqual(['eu-key'])
    expect((await client.getConnection('acme', 'c1')).credentials).toMatchObject({ apiKey: secrets.acmeKey })
    const rows = (await client.listConnections({ integrationId: 'acme-eu' })).connections
    expect(
      rows.map(({ connection_id, provider_config_key, provider }) => [connection_id, provider_config_key, provider]),
    ).toEqual([['c1', 'acme-eu', 'acme']])
    expect((await client.listConnections({ connectionId: 'c1', integrationId: 'acme' })).connections).toHaveLength(1)

    const renamed = await client.updateIntegration({ uniqueKey: 'acme-eu' }, { display_name: 'Europe' })
    expect(renamed.data.display_name).toBe('Europe')
    const taken = await errorOf(client.createIntegration({ provider: 'acme', unique_key: 'acme-eu' }))
    expect(taken.response).toMatchObject({ status: 400, data: { error: { code: 'invalid_body' } } })
    expect((await client.deleteIntegration('acme-eu')).data).toEqual({ success: true })
    const gone = await errorOf(client.get({ providerConfigKey: 'acme-eu', connectionId: 'c1', endpoint: '/x' }))
    expect(gone.response).toMatchObject({ status: 404, data: { error: { code: 'unknown_provider_config' } } })
    expect((await client.getConnection('acme', 'c1')).connection_id).toBe('c1')
  })

  it('bring an OAuth client along, whose secret is never shown', async () => {
    const client = world.client()
    const credentials = { type: 'OAUTH2', client_id: 'id-1', client_secret: 'canary-secret', scopes: 'a,b' } as const
    const made = await client.createIntegration({ provider: 'shop', unique_key: 'shop', credentials })
    expect(JSON.stringify(made)).not.toContain('canary')
    const shown = await client.getIntegration({ uniqueKey: 'shop' }, { include: ['credentials'] })
    expect(shown.data.credentials).toEqual({
      type: 'OAUTH2',
      client_id: 'id-1',
      client_secret: null,
      scopes: 'a,b',
      webhook_secret: null,
    })
    expect(world.server.logs()).not.toContain('canary-secret')
  })

  it.each([
    [{ provider: 'nothing', unique_key: 'x' }, ['provider']],
    [{ provider: 'acme', unique_key: 'shop' }, ['unique_key']],
    [{ provider: 'acme', unique_key: 'a/b' }, ['unique_key']],
    [{ provider: 'acme' }, ['unique_key']],
  ])('%o is refused', async (body, path) => {
    const error = await errorOf(world.client().createIntegration(body as { provider: string; unique_key: string }))
    expect(error.response).toMatchObject({ status: 400, data: { error: { code: 'invalid_body', errors: [{ path }] } } })
  })

  it('are made of the catalogue, which is no list of integrations itself', async () => {
    const client = world.client()
    const keys = async () => (await client.listIntegrations()).configs.map(({ unique_key: key }) => key)
    expect(await keys()).not.toContain('hubspot')
    await client.createIntegration({ provider: 'hubspot', unique_key: 'hubspot' })
    await client.createIntegration({ provider: 'hubspot', unique_key: 'hubspot-eu' })
    expect(await keys()).toEqual(expect.arrayContaining(['hubspot', 'hubspot-eu', 'acme']))
    for (const key of ['hubspot', 'hubspot-eu'])
      expect((await client.deleteIntegration(key)).data).toEqual({ success: true })
    expect(await keys()).not.toContain('hubspot')
  })

  it('of the configuration cannot be removed', async () => {
    expect((await errorOf(world.client().deleteIntegration('books'))).response.status).toBe(400)
    expect((await errorOf(world.client().deleteIntegration('nothing'))).response.status).toBe(404)
  })
})

describe('providers', () => {
  it('are the apps of the server', async () => {
    const client = world.client()
    const { data } = await client.listProviders({ search: 'TENANT' })
    expect(data).toMatchObject([{ name: 'tenants', display_name: 'Tenants', auth_mode: 'API_KEY' }])
    expect((await client.getProvider({ provider: 'shop' })).data).toMatchObject({ name: 'shop', auth_mode: 'OAUTH2' })
    const all = (await client.listProviders({})).data.map(({ name }) => name)
    expect(all).toEqual(expect.arrayContaining(['tenants', 'slack', 'github', 'google_sheets']))
    expect(new Set(all).size).toBe(all.length)
    expect((await client.listProviders({ search: 'google-sheet' })).data).toMatchObject([{ name: 'google_sheets' }])
    expect((await client.getProvider({ provider: 'google-sheet' })).data).toMatchObject({ name: 'google_sheets' })
    expect((await errorOf(client.getProvider({ provider: 'nothing' }))).response.status).toBe(404)
  })
})

describe('connect sessions', () => {
  /** What the page sends that the link leads to. */
  async function submitForm(fields: Readonly<Record<string, string>>): Promise<void> {
    const answer = await rawRequest(`${world.server.url}/connect/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    })
    expect(answer.status).toBe(200)
  }

  it('give a token and a link for an end user', async () => {
    const client = world.client()
    const { data } = await client.createConnectSession({ end_user: { id: 'user-5' }, allowed_integrations: ['acme'] })
    expect(data).toEqual({
      token: expect.stringMatching(/^ctok_/),
      connect_link: expect.stringContaining(data.token),
      expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    expect(Date.parse(data.expires_at)).toBeGreaterThan(Date.now())
    const again = await client.createReconnectSession({ connection_id: 'c1', integration_id: 'acme' })
    expect(again.data.token).toMatch(/^ctok_/)
    for (const refused of [
      client.createConnectSession({ end_user: { id: 'u' }, allowed_integrations: ['nothing'] }),
      client.createReconnectSession({ connection_id: 'nobody', integration_id: 'acme' }),
      client.createConnectSession({} as never),
    ]) {
      expect([400, 404]).toContain((await errorOf(refused)).response.status)
    }
  })

  it('renew the connection that they are for', async () => {
    const client = world.client()
    await client.createIntegration({ provider: 'acme', unique_key: 'acme-again' })
    for (const key of ['acme', 'acme-again']) {
      const base = { provider_config_key: key, connection_id: 'renewed', end_user: { id: `renewed-of-${key}` } }
      await create({ ...base, credentials: { type: 'API_KEY', apiKey: 'old' }, metadata: { kept: true } })
      const { data } = await client.createReconnectSession({ connection_id: 'renewed', integration_id: key })
      const { pathname, search } = new URL(data.connect_link)
      const page = await rawRequest(`${world.server.url}${pathname}${search}`)
      expect(page.body.toString()).toContain('Reconnect Acme')
      await submitForm({ token: data.token, cf_api_key: 'renewed' })
      expect(await client.getConnection(key, 'renewed')).toMatchObject({
        credentials: { apiKey: 'renewed' },
        metadata: { kept: true },
      })
      const { connections } = await client.listConnections({ userId: `renewed-of-${key}` })
      expect(connections).toMatchObject([{ connection_id: 'renewed', provider_config_key: key }])
      await client.deleteConnection(key, 'renewed')
    }
    await client.deleteIntegration('acme-again')
  })

  it('for an integration with a name of its own make connections of that name', async () => {
    const client = world.client()
    await client.createIntegration({ provider: 'acme', unique_key: 'acme-prod' })
    for (const key of ['acme-prod', 'acme']) {
      const user = `session-user-of-${key}`
      const { data } = await client.createConnectSession({ end_user: { id: user }, allowed_integrations: [key] })
      await submitForm({ token: data.token, cf_api_key: `typed-for-${key}` })
      const { connections } = await client.listConnections({ userId: user })
      expect(connections).toMatchObject([{ provider_config_key: key, provider: 'acme', end_user: { id: user } }])
      const connectionId = connections[0]?.connection_id ?? ''
      expect(connectionId).toMatch(/^apn_/)
      expect(await client.getConnection(key, connectionId)).toMatchObject({ provider_config_key: key })
      await client.get({ providerConfigKey: key, connectionId, endpoint: '/x' })
      expect(world.upstream.only().values('x-api-key')).toEqual([`typed-for-${key}`])
      world.upstream.forget()
      const other = key === 'acme' ? 'acme-prod' : 'acme'
      expect((await errorOf(client.getConnection(other, connectionId))).response.status).toBe(404)
    }
    await client.deleteIntegration('acme-prod')
  })
})

describe('a session for several integrations', () => {
  it('connects what is chosen of them, under the name that it has there, and nothing else', async () => {
    const client = world.client()
    await client.createIntegration({ provider: 'acme', unique_key: 'acme-prod' })
    const start = async (user: string, keys: string[]) => {
      const { data } = await client.createConnectSession({ end_user: { id: user }, allowed_integrations: keys })
      return data
    }
    const submit = (token: string) =>
      rawRequest(`${world.server.url}/connect/accounts`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token, app: 'acme', cf_api_key: 'typed' }).toString(),
      })
    const { token, connect_link } = await start('chooses', ['acme-prod', 'deep'])
    const { pathname, search } = new URL(connect_link)
    const page = (await rawRequest(`${world.server.url}${pathname}${search}`)).body.toString()
    expect(page.match(/app=[\w-]+"/g)?.sort()).toEqual(['app=acme"', 'app=deep"'])
    expect((await submit(token)).status).toBe(200)
    const { connections } = await client.listConnections({ userId: 'chooses' })
    expect(connections).toMatchObject([{ provider_config_key: 'acme-prod', provider: 'acme' }])

    const other = await start('is-refused', ['deep', 'nobase'])
    expect((await submit(other.token)).status).toBe(403)
    expect((await client.listConnections({ userId: 'is-refused' })).connections).toEqual([])
    await client.deleteIntegration('acme-prod')
  })
})

describe('one account in two spellings', () => {
  async function pipedream(method: string, path: string, body?: object) {
    const token = await rawRequest(`${world.server.url}/v1/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials', client_id: 'backend', client_secret: secrets.backend }),
    })
    const { access_token } = token.json() as { access_token: string }
    const answer = await rawRequest(`${world.server.url}/v1/connect/${project}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${access_token}`,
        'x-pd-environment': 'development',
        'content-type': 'application/json',
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, json: answer.body.length === 0 ? undefined : answer.json() }
  }

  const target = (path: string) => Buffer.from(path).toString('base64url')

  it('made as a connection, it is used as an account', async () => {
    await create({
      provider_config_key: 'acme',
      connection_id: 'both-1',
      credentials: { type: 'API_KEY', apiKey: 'both-key' },
      end_user: { id: 'both-user' },
    })
    const { json } = await pipedream('GET', '/accounts?external_user_id=both-user')
    const [account] = (json as { data: { id: string; app: { name_slug: string } }[] }).data
    expect(account).toMatchObject({ id: expect.stringMatching(/^apn_/), app: { name_slug: 'acme' }, healthy: true })
    const query = `external_user_id=both-user&account_id=${account?.id}`
    expect((await pipedream('GET', `/proxy/${target('/y')}?${query}`)).status).toBe(200)
    expect(world.upstream.only().values('x-api-key')).toEqual(['both-key'])
    expect((await pipedream('DELETE', `/accounts/${account?.id}`)).status).toBe(204)
    expect((await errorOf(world.client().getConnection('acme', 'both-1'))).response.status).toBe(404)
  })

  it('made as an account, it is used as a connection', async () => {
    const { json } = await pipedream('POST', '/accounts?external_user_id=both-user-2', {
      app_slug: 'tenants',
      cfmap_json: JSON.stringify({ tenant: 'north', token: 'tenant-key' }),
    })
    const { id } = json as { id: string }
    const client = world.client()
    await client.get({ providerConfigKey: 'tenants', connectionId: id, endpoint: '/z' })
    expect(world.upstream.only().values('authorization')).toEqual(['Bearer tenant-key'])
    expect(await client.getConnection('tenants', id)).toMatchObject({
      connection_config: { tenant: 'north' },
      credentials: { type: 'API_KEY', apiKey: 'tenant-key' },
      end_user: { id: 'both-user-2' },
    })
    await client.setMetadata('tenants', id, { from: 'nango' })
    await client.deleteConnection('tenants', id)
    expect((await pipedream('GET', `/accounts/${id}`)).status).toBe(404)
  })
})

it('shows no secret in the logs of all that', () => {
  for (const secret of Object.values(secrets)) expect(world.server.logs()).not.toContain(secret)
})
