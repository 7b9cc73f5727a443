import { createFrontendClient as createFrontendClient20 } from 'pipedream-sdk-2-0/browser'
import { createFrontendClient as createFrontendClient25 } from 'pipedream-sdk-2-5/browser'
import { createFrontendClient as createFrontendClient3 } from 'pipedream-sdk-3/browser'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from './clients/client.js'
import { version3 } from './clients/versions.js'
import { accounts, secrets, user } from './world/configuration.js'
import { startWorld, type World } from './world/start-world.js'

let world: World

beforeAll(async () => {
  world = await startWorld()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

/** What a page gets from its own backend: a connect token for its user. */
async function tokenFor(externalUserId: string) {
  const backend = version3.connect({ url: world.server.url })
  return backend.tokens.create({ externalUserId })
}

function settings(externalUserId: string) {
  const tokenCallback = () => tokenFor(externalUserId)
  return { externalUserId, tokenCallback, projectEnvironment: 'development' as const }
}

const versions: { name: string; connect(externalUserId: string): Pick<Client, 'accounts' | 'apps' | 'proxy'> }[] = [
  { name: '3.1.6', connect: (who) => createFrontendClient3({ baseUrl: world.server.url, ...settings(who) }) },
  { name: '2.5.0', connect: (who) => createFrontendClient25({ baseUrl: world.server.url, ...settings(who) }) },
  {
    name: '2.0.9',
    // As in the backend's client, its type names the vendor's own hosts only.
    connect: (who) => createFrontendClient20({ environment: world.server.url as never, ...settings(who) }),
  },
]

describe.each(versions)("the official browser client $name, which has its user's connect token only", ({ connect }) => {
  it('lists the accounts of its user, and the apps', async () => {
    const own: string[] = []
    for await (const account of await connect('user-2').accounts.list()) own.push(account.id)
    expect(own).toEqual([accounts.acmeOfUser2])
    const apps: string[] = []
    for await (const app of await connect('user-2').apps.list()) apps.push(app.nameSlug)
    expect(apps).toContain('acme')
  })

  it('makes proxied calls for its user, and for nobody else', async () => {
    const call = { externalUserId: user, accountId: accounts.acme, url: '/from-a-page' }
    await connect(user).proxy.get(call)
    expect(world.upstream.only().values('x-api-key')).toEqual([secrets.acmeKey])

    const stranger = connect('user-2')
    for (const externalUserId of [user, 'user-2']) {
      const attempt = stranger.proxy.get({ ...call, externalUserId }, { maxRetries: 0 })
      await expect(attempt).rejects.toMatchObject({ statusCode: 404, body: { code: 'record_not_found' } })
    }
    expect(world.upstream.requests).toHaveLength(1)
  })

  it('reads no credentials', async () => {
    const call = connect(user).accounts.list({ includeCredentials: true })
    const shown = await call.then(
      (page) => JSON.stringify(page),
      (error: { body: unknown }) => JSON.stringify(error.body),
    )
    expect(shown).toMatch(/apn_acme1|insufficient_scope/)
    expect(shown).not.toContain(secrets.acmeKey)
  })
})
