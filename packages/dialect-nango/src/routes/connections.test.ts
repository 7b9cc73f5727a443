import { describe, expect, it } from 'vitest'
import { type Answer, type Bench, createBench } from '../../testing/bench.js'

const scope = { project: 'proj_demo', environment: 'development' } as const
const shop = { type: 'OAUTH2', access_token: 'token' }

function createShop(bench: Bench, id: string, expiresAt: unknown) {
  const credentials = { ...shop, expires_at: expiresAt }
  const json = { provider_config_key: 'shop', connection_id: id, credentials }
  return bench.call('POST', '/connections', { json })
}

const acme = { type: 'API_KEY', apiKey: 'key' }

async function createAcme(bench: Bench, id: string, more: object = {}) {
  const json = { provider_config_key: 'acme', connection_id: id, credentials: acme, ...config, ...more }
  const answer = await bench.call('POST', '/connections', { json })
  expect(answer.status).toBe(201)
  return answer.json
}

const config = { connection_config: { subdomain: 'north' } }

describe('a list of several integrations', () => {
  async function town(): Promise<Bench> {
    const bench = createBench()
    await bench.call('POST', '/integrations', { json: { provider: 'acme', unique_key: 'acme-eu' } })
    for (const id of ['a1', 'a2']) await createAcme(bench, id)
    await createAcme(bench, 'eu1', { provider_config_key: 'acme-eu' })
    await createShop(bench, 's1', undefined)
    await bench.call('POST', '/connections', {
      json: { provider_config_key: 'open', connection_id: 'o1', credentials: { type: 'NONE' } },
    })
    return bench
  }

  it.each([
    ['acme', ['acme a1', 'acme a2']],
    ['acme,shop', ['acme a1', 'acme a2', 'shop s1']],
    ['acme-eu,shop', ['acme-eu eu1', 'shop s1']],
    ['acme-eu,acme', ['acme a1', 'acme a2', 'acme-eu eu1']],
    ['acme,Acme-Legacy,acme', ['acme a1', 'acme a2']],
  ])('for %s has theirs alone', async (keys, rows) => {
    const bench = await town()
    const answer = await bench.call('GET', `/connections?integrationId=${encodeURIComponent(keys)}`)
    expect(namesOf(answer).sort()).toEqual(rows)
  })

  it('goes on from page to page', async () => {
    const bench = await town()
    const pages = await Promise.all(
      [0, 1, 2].map((page) => bench.call('GET', `/connections?integrationId=shop,acme&limit=2&page=${page}`)),
    )
    const names = pages.map(namesOf)
    expect(names.map(({ length }) => length)).toEqual([2, 1, 0])
    expect(names.flat().sort()).toEqual(['acme a1', 'acme a2', 'shop s1'])
  })

  it.each(['nothing', 'acme,nothing', 'acme,', ',', ''])('is refused for %j', async (keys) => {
    const answer = await (await town()).call('GET', `/connections?integrationId=${keys}`)
    expect(answer).toMatchObject({ status: 404, json: { error: { code: 'unknown_provider_config' } } })
  })

  it('is refused for more than anybody has', async () => {
    const keys = Array.from({ length: 101 }, (_, index) => `key-${index}`).join(',')
    const answer = await createBench().call('GET', `/connections?integrationId=${keys}`)
    expect(answer).toMatchObject({ status: 400, json: { error: { code: 'invalid_query_params' } } })
  })
})

describe('null in a new connection', () => {
  it.each(['connection_id', 'connection_config', 'metadata', 'tags', 'end_user'])(
    'is as if there were no %s',
    async (name) => {
      const json = { provider_config_key: 'open', credentials: { type: 'NONE' } }
      const plain = await createBench().call('POST', '/connections', { json })
      const answer = await createBench().call('POST', '/connections', { json: { ...json, [name]: null } })
      expect([plain.status, answer.status]).toEqual([201, 201])
      const { id: _, connection_id: __, ...rest } = plain.json
      expect(answer.json).toMatchObject(rest)
    },
  )

  it.each([
    ['metadata', 'text'],
    ['tags', { a: null }],
    ['end_user', { id: null }],
    ['connection_config', []],
  ])('is not any value of %s', async (name, value) => {
    const json = { provider_config_key: 'open', credentials: { type: 'NONE' }, [name]: value }
    expect(await createBench().call('POST', '/connections', { json })).toMatchObject({
      status: 400,
      json: { error: { code: 'invalid_body' } },
    })
  })

  it('keeps what a connection has that is made again', async () => {
    const bench = createBench()
    await createAcme(bench, 'c', { metadata: { a: 1 }, tags: { b: '2' }, end_user: { id: 'u' } })
    const again = await createAcme(bench, 'c', { metadata: null, tags: null, end_user: null })
    expect(again).toMatchObject({ metadata: { a: 1 }, tags: { b: '2' }, end_user: { id: 'u' } })
  })
})

describe('a list by tags', () => {
  async function town(): Promise<Bench> {
    const bench = createBench()
    await createAcme(bench, 'plain')
    await createAcme(bench, 'tagged', { tags: { customerTier: 'Gold', region: 'eu' } })
    await createAcme(bench, 'user', { end_user: { id: 'u-1', display_name: 'Ann Lee', email: 'ann@example.com' } })
    await createAcme(bench, 'as-tags', { tags: { end_user_display_name: 'Bob', end_user_email: 'bob@example.com' } })
    return bench
  }

  it.each([
    ['tags[customerTier]=Gold', ['acme tagged']],
    ['tags[customertier]=Gold', ['acme tagged']],
    ['tags[CUSTOMERTIER]=Gold&tags[region]=eu', ['acme tagged']],
    ['tags[customertier]=Gold&tags[region]=us', []],
    ['tags[customertier]=gold', []],
    ['tags[end_user_display_name]=Ann%20Lee', ['acme user']],
    ['tags[end_user_email]=ann@example.com', ['acme user']],
    ['tags[end_user_email]=ann@example.com&tags[end_user_display_name]=Bob', []],
    ['tags[end_user_email]=bob@example.com', ['acme as-tags']],
    ['tags[end_user_email]=', []],
    ['tags[constructor]=x', []],
  ])('finds for %s %j', async (query, rows) => {
    const bench = await town()
    expect(namesOf(await bench.call('GET', `/connections?${query}`))).toEqual(rows)
  })
})

function namesOf({ json }: Answer): string[] {
  return json.connections.map(
    (row: Readonly<Record<string, string>>) => `${row.provider_config_key} ${row.connection_id}`,
  )
}

describe('when a token ends', () => {
  const seconds = Date.UTC(2030, 0, 1) / 1000

  it.each([
    ['an ISO date', '2030-01-01T00:00:00Z'],
    ['seconds', seconds],
    ['seconds with a fraction', seconds + 0.0004],
    ['milliseconds', seconds * 1000],
    ['seconds as text', String(seconds)],
    ['milliseconds as text', String(seconds * 1000)],
  ])('may be %s', async (_, expiresAt) => {
    const answer = await createShop(createBench(), 'c', expiresAt)
    expect(answer).toMatchObject({ status: 201, json: { credentials: { expires_at: '2030-01-01T00:00:00.000Z' } } })
  })

  it.each([[null], [undefined], ['']])('is not known for %j', async (expiresAt) => {
    const answer = await createShop(createBench(), 'c', expiresAt)
    expect(answer.status).toBe(201)
    expect(answer.json.credentials).not.toHaveProperty('expires_at')
  })

  it.each([
    [9e15],
    [1e300],
    [-1e15],
    [-1],
    [1_893_456_000_000_000_000],
    ['1893456000000000000'],
    ['garbage'],
    [true],
    [{}],
  ])('cannot be %j, and nothing is stored', async (expiresAt) => {
    const bench = createBench()
    expect(await createShop(bench, 'c', expiresAt)).toMatchObject({
      status: 400,
      json: { error: { code: 'invalid_body', errors: [{ path: ['credentials', 'expires_at'] }] } },
    })
    expect(await bench.storage.readAccountByExternalId(scope, 'shop', 'c')).toBeUndefined()
  })

  it('is left out when an account has a time that cannot be', async () => {
    const bench = createBench()
    await createShop(bench, 'c', seconds)
    const account = await bench.storage.readAccountByExternalId(scope, 'shop', 'c')
    if (account === undefined) throw new Error('not stored')
    await bench.storage.writeAccount({ ...account, expiresAt: 9e18 }, account.version)
    const answer = await bench.call('GET', '/connections/c?provider_config_key=shop')
    expect(answer).toMatchObject({ status: 200, json: { credentials: { access_token: 'token' } } })
    expect(answer.json.credentials).not.toHaveProperty('expires_at')
  })
})
