import { manualClock } from '@proxy/conformance'
import { type Account, ProxyError, type Storage } from '@proxy/core'
import { memoryStorage } from '@proxy/storage-memory'
import { expect, it } from 'vitest'
import { parseConfig } from './config.js'
import { keepApplyingSeeds } from './seeds.js'
import { stateEvents } from './state-events.js'

const scope = { project: 'proj_1', environment: 'production' } as const

class ServiceFault extends Error {
  override readonly name = 'ServiceFault'
  readonly code = 'AccessDeniedException'
}

function configOf(count: number, credentials: object = {}) {
  const accounts = Array.from({ length: count }, (_, index) => ({
    ...scope,
    id: `apn_${index}`,
    external_user_id: 'u1',
    app: 'acme',
    custom_fields: { api_key: `sk-planted-${index}` },
    credentials,
  }))
  const app = {
    name_slug: 'acme',
    name: 'Acme',
    auth_type: 'keys',
    custom_fields: [{ name: 'api_key', type: 'password' }],
    connect: { base_proxy_target_url: 'https://api.acme.test', allowed_domains: ['api.acme.test'] },
    auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }],
  }
  const text = JSON.stringify({
    storage: { kind: 'memory' },
    projects: [{ id: 'proj_1', secretKeys: [{ environment: 'production', key: 'a-key-of-16-chars' }] }],
    apps: [app],
    accounts,
  })
  return parseConfig(text, 'proxy.config.yaml', {}, { strict: true })
}

/** Seeding into a store that denies some accounts, told to a log that keeps its lines. */
function seeding(
  count: number,
  isDenied: (id: string) => boolean,
  checks: Record<string, () => Promise<void>> = {},
  credentials: object = {},
) {
  const memory = memoryStorage()
  const denied = { is: isDenied }
  const tried: string[] = []
  const storage: Storage = {
    ...memory,
    async writeAccount(account: Account, expectedVersion: number) {
      tried.push(account.id)
      if (denied.is(account.id)) {
        const cause = new ServiceFault(`no right to write ${JSON.stringify(account.values.reveal())}`)
        throw new ProxyError('credential_store_unavailable', 'The credential cannot be written.', { cause })
      }
      return await memory.writeAccount(account, expectedVersion)
    },
  }
  const lines: object[] = []
  const log = {
    info: (fields: object, msg: string) => lines.push({ ...fields, msg }),
    error: (fields: object, msg: string) => lines.push({ ...fields, msg }),
  }
  const clock = manualClock()
  const state = { storage, checks, events: stateEvents() } as unknown as Parameters<typeof keepApplyingSeeds>[1]
  const seeds = keepApplyingSeeds(configOf(count, credentials), state, clock, log)
  const later = async (): Promise<void> => {
    clock.advance(2_000)
    await expect.poll(() => clock.waiting).toBeGreaterThan(0)
  }
  return { memory, denied, tried, lines, clock, seeds, later }
}

it('an account that stays denied keeps no other from being stored, and is named once', async () => {
  const { memory, denied, tried, lines, seeds, later, clock } = seeding(450, (id) => id === 'apn_7')
  expect(await seeds.applied).toBe(449)
  expect(memory.readAccount(scope, 'apn_449')?.values.reveal()).toMatchObject({
    customFields: { api_key: 'sk-planted-449' },
  })
  expect(memory.readAccount(scope, 'apn_7')).toBeUndefined()
  const told = {
    reason: 'ServiceFault AccessDeniedException',
    count: 1,
    accounts: ['proj_1/production/apn_7'],
    msg: 'seeds are not stored yet',
  }
  expect(lines).toEqual([told])
  tried.length = 0
  await later()
  await later()
  expect(lines).toEqual([told])
  expect(new Set(tried)).toEqual(new Set(['apn_7']))

  denied.is = () => false
  clock.advance(2_000)
  await expect.poll(() => lines).toEqual([told, { seeded: 1, msg: 'seeds stored' }])
  expect(memory.readAccount(scope, 'apn_7')?.id).toBe('apn_7')
  expect(clock.waiting).toBe(0)
  expect(JSON.stringify(lines)).not.toContain('sk-planted')
})

it('a whole batch that stays denied lets the others go first the next time', async () => {
  const { memory, tried, lines, seeds, later } = seeding(450, (id) => Number(id.slice(4)) < 200)
  expect(await seeds.applied).toBe(0)
  expect(tried).toHaveLength(200) // a storage that is away is not asked for all of them
  await later()
  expect(memory.readAccount(scope, 'apn_449')?.id).toBe('apn_449')
  expect(lines).toMatchObject([{ count: 200 }, { count: 150 }, { seeded: 250 }])
  await later()
  expect(lines).toHaveLength(3)
  expect((lines[0] as { accounts: string[] }).accounts).toHaveLength(20)
  seeds.stop()
})

it('an account that stays denied is tried ever less often, at most once a minute, and as often as at first after a success', async () => {
  const { tried, denied, lines, seeds, clock } = seeding(2, () => true)
  expect(await seeds.applied).toBe(0)
  const triesWithin = async (ms: number): Promise<number> => {
    tried.length = 0
    for (let passed = 0; passed < ms; passed += 2_000) {
      clock.advance(2_000)
      await expect.poll(() => clock.waiting).toBe(1)
    }
    return tried.filter((id) => id === 'apn_1').length
  }
  expect(await triesWithin(62_000)).toBe(5) // after 2, 6, 14, 30 and 62 seconds
  expect(await triesWithin(600_000)).toBe(10)
  denied.is = (id) => id === 'apn_1'
  expect(await triesWithin(60_000)).toBe(1)
  expect(lines.at(-1)).toMatchObject({ seeded: 1 })
  expect(await triesWithin(6_000)).toBe(2)
  seeds.stop()
})

it('a storage that is away is told of as a part alone, and a limiter that is away does not hide a denied account', async () => {
  const away = async (): Promise<void> => {
    throw new Error('away')
  }
  const { lines, seeds, later } = seeding(3, () => true, { storage: away })
  expect(await seeds.applied).toBe(0)
  await later()
  expect(lines).toEqual([])
  seeds.stop()
  const denied = seeding(3, () => true, { storage: async () => undefined, rateLimiter: away })
  expect(await denied.seeds.applied).toBe(0)
  expect(denied.lines).toMatchObject([{ count: 3 }])
  denied.seeds.stop()
})

it('a fault that is no absence of the storage ends the start', async () => {
  const { seeds, denied } = seeding(2, () => false)
  denied.is = () => {
    throw new TypeError('bug')
  }
  await expect(seeds.applied).rejects.toThrow('bug')
})

it.each<[string, unknown, number | undefined]>([
  ['epoch seconds', 1893456000, 1893456000000],
  ['epoch seconds as a text', '1893456000', 1893456000000],
  ['an ISO date', '2030-01-01T00:00:00Z', 1893456000000],
  ['nothing', '', undefined],
])('an account whose grant ends at %s is stored with that time', async (_, expiresAt, stored) => {
  const credentials = { oauth_access_token: 'token', expires_at: expiresAt }
  const { memory, seeds } = seeding(1, () => false, {}, credentials)
  expect(await seeds.applied).toBe(1)
  const account = memory.readAccount(scope, 'apn_0')
  expect(account?.expiresAt).toBe(stored)
  expect(account?.values.reveal().credentials).toEqual({ oauth_access_token: 'token' })
})
