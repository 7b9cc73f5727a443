import * as sdk25 from 'pipedream-sdk-2-5'
import * as sdk3 from 'pipedream-sdk-3'
import { beforeAll, describe, expect, it } from 'vitest'
import { accounts, project, secrets, user } from './world/configuration.js'
import { startWorld, type World } from './world/start-world.js'

let world: World

beforeAll(async () => {
  world = await startWorld()
  return () => world.stop()
})

function settings() {
  return {
    baseUrl: world.server.url,
    projectId: project,
    projectEnvironment: 'development' as const,
    clientId: 'main',
    clientSecret: secrets.mainClient,
  }
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

describe.each([
  { name: '3.1.6', connect: () => new sdk3.PipedreamClient(settings()) },
  { name: '2.5.0', connect: () => new sdk25.PipedreamClient(settings()) },
])('what the official client $name can ask beyond 2.0', ({ connect }) => {
  it('lists the users of the project, page by page', async () => {
    const users = await collect(await connect().users.list({ limit: 1 }))
    expect(users.map((one) => one.externalId).sort()).toEqual([user, 'user-2'])
    expect(await collect(await connect().users.list({ q: 'user-2' }))).toMatchObject([{ externalId: 'user-2' }])
  })

  it('lists, retrieves and renames its project', async () => {
    expect((await collect(await connect().projects.list())).map((one) => one.id)).toContain(project)
    expect(await connect().projects.retrieve(project)).toMatchObject({ id: project, name: expect.any(String) })
    await connect().projects.update(project, { name: 'Renamed', supportEmail: 'help@example.com' })
    const renamed = await connect().projects.retrieve(project)
    expect(renamed).toMatchObject({ id: project, name: 'Renamed', supportEmail: 'help@example.com' })
  })

  it('reads the usage', async () => {
    const now = Math.floor(Date.now() / 1000)
    const { data } = await connect().usage.list({ startTs: now - 3600, endTs: now })
    for (const row of data) expect(row).toMatchObject({ creditsUsed: expect.any(Number) })
  })

  it('reads the categories of apps', async () => {
    expect(await connect().appCategories.list()).toEqual(expect.any(Array))
  })
})

describe('what the official client 3.1.6 can ask beyond 2.5', () => {
  const client = () => new sdk3.PipedreamClient(settings())

  it('lists the accounts of a user', async () => {
    expect(await client().accounts.listByExternalUser('user-2', {})).toMatchObject([{ id: accounts.acmeOfUser2 }])
    expect(await client().accounts.listByExternalUser('nobody', {})).toEqual([])
  })

  it("keeps an operator's own OAuth clients, without ever showing a secret", async () => {
    const clientSecret = 'secret-of-the-oauth-client'
    const created = await client().oauthApps.create({
      app: 'acme-oauth',
      clientId: 'own-client',
      clientSecret,
      name: 'Ours',
      scopes: ['read'],
    })
    const id = created.id ?? ''
    expect(id).toMatch(/^oa_[A-Za-z0-9]+$/)
    expect(created).toMatchObject({ clientId: 'own-client', name: 'Ours', nameSlug: 'acme-oauth', scopes: ['read'] })
    await client().oauthApps.update(id, { name: 'Still ours' })
    expect(await client().oauthApps.retrieve(id)).toMatchObject({ id, name: 'Still ours', clientId: 'own-client' })
    const all = await collect(await client().oauthApps.list({ app: 'acme-oauth' }))
    expect(all.map((one) => one.id)).toEqual([id])
    expect(JSON.stringify([created, all])).not.toContain(clientSecret)

    await client().oauthApps.delete(id)
    await expect(client().oauthApps.retrieve(id)).rejects.toMatchObject({ statusCode: 404 })
    expect(world.server.logs()).not.toContain(clientSecret)
  })
})
