import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { versions } from './clients/versions.js'
import { accounts, secrets, user } from './world/configuration.js'
import { startWorld, type World } from './world/start-world.js'

let world: World

beforeAll(async () => {
  world = await startWorld()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

describe.each(versions)('management by the official client $name', (version) => {
  const client = () => version.connect({ url: world.server.url })

  it('gets a token, which it uses again', async () => {
    const caller = client()
    const token = await caller.rawAccessToken
    expect(token.split('.')).toHaveLength(3)
    expect(await caller.rawAccessToken).toBe(token)
  })

  it('makes ten first calls at once', async () => {
    const caller = client()
    const calls = Array.from({ length: 10 }, (_, index) =>
      caller.proxy.get({ externalUserId: user, accountId: accounts.acme, url: `/burst/${index}` }),
    )
    await Promise.all(calls)
    expect(world.upstream.requests.map((request) => request.url).sort()).toEqual(
      Array.from({ length: 10 }, (_, index) => `/burst/${index}`),
    )
  })

  it('lists the apps, page by page, each once', async () => {
    const whole = await collect(await client().apps.list({ limit: 100 }))
    const paged = await collect(await client().apps.list({ limit: 37 }))
    const slugs = paged.map((app) => app.nameSlug)
    expect(slugs).toEqual(expect.arrayContaining(['acme', 'acme-forms', 'acme-oauth', 'acme-query', 'regions']))
    expect(new Set(slugs).size).toBe(slugs.length)
    expect([...slugs].sort()).toEqual(whole.map((app) => app.nameSlug).sort())
    expect(slugs).toEqual(expect.arrayContaining(['slack', 'github', 'hubspot', 'stripe', 'google_sheets', 'zendesk']))
    expect((await client().apps.list({ limit: 2 })).hasNextPage()).toBe(true)
  })

  it('lists the apps in any order, page by page', async () => {
    const bySlug = await collect(await client().apps.list({ sortKey: 'name_slug', limit: 50 }))
    const slugs = bySlug.map((app) => app.nameSlug)
    expect(slugs).toEqual([...slugs].sort())
    const backwards = await collect(
      await client().apps.list({ sortKey: 'name_slug', sortDirection: 'desc', limit: 41 }),
    )
    expect(backwards.map((app) => app.nameSlug)).toEqual(slugs.toReversed())
    const byName = await collect(await client().apps.list({ sortKey: 'name', limit: 100 }))
    const names = byName.map((app) => app.name.toLowerCase())
    expect(names).toEqual([...names].sort())
    const byWeight = await collect(await client().apps.list({ sortKey: 'featured_weight', limit: 100 }))
    expect(new Set(byWeight.map((app) => app.nameSlug))).toEqual(new Set(slugs))
  })

  it('searches the apps by name, and by a name that other products have for them', async () => {
    const find = async (q: string) => (await collect(await client().apps.list({ q }))).map((app) => app.nameSlug)
    expect(await find('Google She')).toEqual(['google_sheets'])
    expect(await find('google-sheet')).toEqual(['google_sheets'])
    expect(await find('no such app')).toEqual([])
    expect((await client().apps.retrieve('google-sheet')).data.nameSlug).toBe('google_sheets')
  })

  it('searches the apps, and finds which support the proxy', async () => {
    const found = await collect(await client().apps.list({ q: 'acme-q' }))
    expect(found).toMatchObject([
      {
        nameSlug: 'acme-query',
        name: 'Acme query',
        authType: 'keys',
        categories: [],
        connect: {
          proxy_enabled: true,
          allowed_domains: [`localhost:${world.upstream.port}`],
          base_proxy_target_url: `http://localhost:${world.upstream.port}`,
        },
      },
    ])
  })

  it('retrieves an app by its slug and by its id, with its fields', async () => {
    const { data } = await client().apps.retrieve('regions')
    expect(data.id).toMatch(/^app_[A-Za-z0-9]+$/)
    expect(data).toMatchObject({ nameSlug: 'regions', name: 'Regions', authType: 'keys' })
    const fields = JSON.parse((data as unknown as { customFieldsJson: string }).customFieldsJson) as { name: string }[]
    expect(fields.map((field) => field.name)).toEqual(['region', 'token'])
    expect(await client().apps.retrieve(data.id ?? '')).toEqual({ data })
  })

  it('throws for an unknown app', async () => {
    await expect(client().apps.retrieve('no-such-app')).rejects.toMatchObject({ statusCode: 404 })
  })

  it('creates an account with a connect token, calls with it, and deletes it', async () => {
    const caller = client()
    const owner = `new-user-${version.name}`
    const { token, expiresAt, connectLinkUrl } = await caller.tokens.create({ externalUserId: owner })
    expect(token).toMatch(/^ctok_[0-9a-f]{32}$/)
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now())
    expect(connectLinkUrl).toContain(token)

    const created = await caller.accounts.create({
      externalUserId: owner,
      appSlug: 'acme',
      cfmapJson: JSON.stringify({ api_key: 'key-of-the-new-user' }),
      connectToken: token,
      name: 'Mine',
    })
    expect(created).toMatchObject({ name: 'Mine', externalId: owner, healthy: true, app: { nameSlug: 'acme' } })
    expect(created.id).toMatch(/^apn_[A-Za-z0-9]+$/)
    expect(created.createdAt).toBeInstanceOf(Date)
    expect(created.credentials).toBeUndefined()

    const call = { externalUserId: owner, accountId: created.id, url: '/as-new-user' }
    await caller.proxy.get(call)
    expect(world.upstream.only().values('x-api-key')).toEqual(['key-of-the-new-user'])

    await caller.accounts.delete(created.id)
    await expect(caller.proxy.get(call)).rejects.toMatchObject({ statusCode: 404, body: { code: 'record_not_found' } })
    await expect(caller.accounts.retrieve(created.id)).rejects.toMatchObject({ statusCode: 404 })
    expect(world.upstream.requests).toHaveLength(1)
  })

  it('lists accounts without credentials, and with them when it asks', async () => {
    const query = { externalUserId: user, app: 'acme' }
    const plain = await collect(await client().accounts.list(query))
    expect(plain.map((account) => account.id)).toEqual([accounts.acme])
    expect(JSON.stringify(plain)).not.toContain(secrets.acmeKey)

    const [open] = await collect(await client().accounts.list({ ...query, includeCredentials: true }))
    expect(open?.credentials).toMatchObject({ api_key: secrets.acmeKey })
  })

  it('hands credentials only to who may read accounts', async () => {
    const proxyOnly = version.connect({
      url: world.server.url,
      clientId: 'proxy-only',
      clientSecret: secrets.proxyOnlyClient,
    })
    const call = proxyOnly.accounts.retrieve(accounts.acme, { includeCredentials: true })
    await expect(call).rejects.toMatchObject({ statusCode: 403, body: { code: 'insufficient_scope' } })
  })

  it('lists only what is in its environment, page by page', async () => {
    const all = await collect(await client().accounts.list({ externalUserId: user, limit: 2 }))
    expect(all.map((account) => account.id).sort()).toEqual(
      Object.entries(accounts)
        .filter(([name]) => name !== 'acmeInProduction' && name !== 'acmeOfUser2')
        .map(([, id]) => id)
        .sort(),
    )
    const production = version.connect({ url: world.server.url, environment: 'production' })
    expect((await collect(await production.accounts.list({}))).map((account) => account.id)).toEqual([
      accounts.acmeInProduction,
    ])
  })

  it('retrieves an account, with its credentials when it asks', async () => {
    const plain = await client().accounts.retrieve(accounts.oauth)
    expect(plain).toMatchObject({ id: accounts.oauth, externalId: user, app: { nameSlug: 'acme-oauth' } })
    expect(plain.credentials).toBeUndefined()
    const open = await client().accounts.retrieve(accounts.oauth, { includeCredentials: true })
    expect(Object.values(open.credentials ?? {})).toContain(secrets.oauthToken) // the versions differ on the key's case
  })

  it('deletes all accounts of an app, or of a user, and no others', async () => {
    const caller = client()
    const owner = `leaving-${version.name}`
    const create = async (appSlug: string): Promise<void> => {
      const { token } = await caller.tokens.create({ externalUserId: owner })
      const fields = appSlug === 'acme-query' ? { key: 'k' } : { api_key: 'k' }
      const cfmapJson = JSON.stringify(fields)
      await caller.accounts.create({ externalUserId: owner, appSlug, cfmapJson, connectToken: token })
    }
    const slugs = async (): Promise<(string | undefined)[]> =>
      (await collect(await caller.accounts.list({ externalUserId: owner }))).map((account) => account.app?.nameSlug)

    await create('acme-forms')
    await create('acme-query')
    expect(await slugs()).toHaveLength(2)
    await caller.users.deleteExternalUser(owner)
    expect(await slugs()).toEqual([])
    expect(await collect(await caller.accounts.list({ externalUserId: 'user-2' }))).toHaveLength(1)
  })

  it('validates a connect token for an app, and refuses one that was never given', async () => {
    const caller = client()
    const { token } = await caller.tokens.create({ externalUserId: user, allowedOrigins: ['https://app.example.com'] })
    expect(await caller.tokens.validate(token, { appId: 'acme' })).toMatchObject({
      success: true,
      app: { nameSlug: 'acme' },
    })
    const unknown = `ctok_${'0'.repeat(32)}`
    const outcome = await caller.tokens.validate(unknown, { appId: 'acme' }).catch((error: unknown) => error)
    expect(outcome).not.toMatchObject({ success: true })
  })

  it('tells which apps the project uses', async () => {
    const { apps } = await client().projects.retrieveInfo()
    expect(apps.map((app) => app.nameSlug)).toContain('acme')
  })
})
