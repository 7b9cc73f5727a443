import type { Account } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { type Answer, type Bench, createBench } from '../../testing/bench.js'
import type { ConnectTokenRecord } from '../tokens/connect-token-record.js'
import { accountSchema, listOf } from './schemas.js'

const fields = { subdomain: 'one', api_key: 'planted-secret' }
const base = '/v1/connect/proj_demo'

function create(bench: Bench, user = 'user-1', body: object = {}, query = '') {
  return bench.call('POST', `${base}/accounts?external_user_id=${user}${query}`, {
    json: { app_slug: 'acme', cfmap_json: JSON.stringify(fields), ...body },
  })
}

function grant(extra: object = {}) {
  return { app_slug: 'shop', cfmap_json: undefined, credentials: { oauth_access_token: 'planted-token', ...extra } }
}

describe('POST accounts', () => {
  it('stores an account and answers it bare, without its credentials', async () => {
    const bench = createBench()
    const answer = await create(bench, 'u%2F1', { name: 'Mine' })
    expect(answer.status).toBe(200)
    expect(accountSchema.strict().parse(answer.json)).toEqual(answer.json)
    const now = new Date(bench.clock.now()).toISOString()
    expect(answer.json).toMatchObject({
      id: expect.stringMatching(/^apn_[A-Za-z0-9]+$/),
      name: 'Mine',
      external_id: 'u/1',
      healthy: true,
      dead: false,
      app: { name_slug: 'acme' },
      created_at: now,
      updated_at: now,
      authorized_scopes: [],
      expires_at: null,
      error: null,
      last_refreshed_at: null,
      next_refresh_at: null,
    })
    expect(answer.text).not.toContain('planted')
    const stored = await bench.storage.readAccount({ project: 'proj_demo', environment: 'production' }, answer.json.id)
    expect(stored?.values.reveal()).toEqual({ customFields: fields, credentials: {} })
  })

  it('belongs to the environment that the header names', async () => {
    const bench = createBench()
    const headers = ['x-pd-environment', 'development']
    const json = { app_slug: 'acme', cfmap_json: JSON.stringify(fields) }
    const { id } = (await bench.call('POST', `${base}/accounts?external_user_id=u`, { json, headers })).json
    expect((await bench.call('GET', `${base}/accounts/${id}`, { headers })).status).toBe(200)
    expect((await bench.call('GET', `${base}/accounts/${id}`)).status).toBe(404)
  })

  it('imports a grant that was made elsewhere', async () => {
    const bench = createBench()
    const grants = [
      { expires_at: '2026-03-01T00:00:00Z' },
      { expires_at: Date.UTC(2026, 2, 1) / 1000 },
      { expires_at: Date.UTC(2026, 2, 1) },
      { expires_in: (Date.UTC(2026, 2, 1) - bench.clock.now()) / 1000 },
    ]
    for (const extra of grants) {
      const body = { ...grant({ oauth_refresh_token: 'r', ...extra }), authorized_scopes: ['read'] }
      const answer = await create(bench, 'u', body)
      expect(answer.json).toMatchObject({ expires_at: '2026-03-01T00:00:00.000Z', authorized_scopes: ['read'] })
      expect(answer.json).toMatchObject({ next_refresh_at: '2026-02-28T23:59:00.000Z', last_refreshed_at: null })
    }
    expect((await create(bench, 'u', grant())).json.expires_at).toBeNull()
  })

  it('lists an account whose token ends at a time that cannot be as one without an end', async () => {
    const bench = createBench()
    const { id } = (await create(bench, 'u', grant({ expires_at: '2026-03-01T00:00:00Z' }))).json
    const account = await bench.storage.readAccount({ project: 'proj_demo', environment: 'production' }, id)
    if (account === undefined) throw new Error('not stored')
    await bench.storage.writeAccount({ ...account, expiresAt: 9e18 }, account.version)
    const answer = await bench.call('GET', `${base}/accounts`)
    expect(answer).toMatchObject({ status: 200, json: { data: [{ id, expires_at: null, next_refresh_at: null }] } })
  })

  it('names no next refresh for a grant that cannot be renewed', async () => {
    const bench = createBench()
    const answer = await create(bench, 'u', grant({ expires_at: '2026-03-01T00:00:00Z' }))
    expect(answer.json).toMatchObject({ expires_at: '2026-03-01T00:00:00.000Z', next_refresh_at: null })
  })

  it('takes the user and the app from a connect token', async () => {
    const bench = createBench()
    const made = await bench.call('POST', `${base}/tokens`, {
      json: { external_user_id: 'user-7', app_id: 'app_acme1' },
    })
    const json = { cfmap_json: JSON.stringify(fields), connect_token: made.json.token }
    const answer = await bench.call('POST', `${base}/accounts`, { json })
    expect(answer.json).toMatchObject({ external_id: 'user-7', app: { name_slug: 'acme' } })
    const other = await bench.call('POST', `${base}/accounts?external_user_id=user-8`, { json })
    expect([other.status, other.json.details]).toEqual([400, { field: 'connect_token' }])
    const unknown = { ...json, connect_token: `ctok_${'0'.repeat(32)}` }
    expect((await bench.call('POST', `${base}/accounts`, { json: unknown })).json.details).toEqual({
      field: 'connect_token',
    })
    const elsewhere = await bench.call('POST', `${base}/accounts`, {
      json,
      headers: ['x-pd-environment', 'development'],
    })
    expect(elsewhere.json.details).toEqual({ field: 'connect_token' })
  })

  it.each<[string, number, string | undefined, object, string?]>([
    ['no user', 400, 'external_user_id', {}, '/accounts'],
    ['no app', 400, 'app_slug', { app_slug: undefined }],
    ['an app that does not exist', 404, undefined, { app_slug: 'nothing' }],
    ['a missing field', 400, 'cfmap_json.api_key', { cfmap_json: '{"subdomain":"one"}' }],
    ['an empty field', 400, 'cfmap_json.api_key', { cfmap_json: '{"subdomain":"one","api_key":""}' }],
    [
      'a field that the app does not have',
      400,
      'cfmap_json.other',
      { cfmap_json: '{"subdomain":"one","api_key":"k","other":"x"}' },
    ],
    [
      'a field of the prototype',
      400,
      'cfmap_json.constructor',
      { cfmap_json: '{"subdomain":"one","api_key":"k","constructor":"x"}' },
    ],
    ['a prototype', 400, undefined, { cfmap_json: '{"subdomain":"one","api_key":"k","__proto__":"x"}' }],
    [
      'a field that cannot stand in a host',
      422,
      'subdomain',
      { cfmap_json: '{"subdomain":"evil.com/","api_key":"k"}' },
    ],
    [
      'a field that is no whole number',
      400,
      'cfmap_json.seats',
      { cfmap_json: '{"subdomain":"one","api_key":"k","seats":"many"}' },
    ],
    ['a field that is a list', 400, 'cfmap_json', { cfmap_json: '{"subdomain":["one"],"api_key":"k"}' }],
    ['a map that is no JSON', 400, undefined, { cfmap_json: '{planted-secret' }],
    ['a map that is no text', 400, 'cfmap_json', { cfmap_json: { subdomain: 'one' } }],
    ['a map that is a list', 400, 'cfmap_json', { cfmap_json: '[]' }],
    [
      'an OAuth app without a grant',
      400,
      'credentials.oauth_access_token',
      { app_slug: 'shop', cfmap_json: undefined },
    ],
    ['a grant with an impossible end', 400, 'credentials.expires_at', grant({ expires_at: 'tomorrow' })],
    ['a grant with an impossible life', 400, 'credentials.expires_in', grant({ expires_in: '-1' })],
    ['a credential with a strange name', 400, 'credentials', grant({ 'a b': 'x' })],
    ['a credential that is an object', 400, 'credentials.x', grant({ x: {} })],
    ['a name that is too long', 400, 'name', { name: 'x'.repeat(256) }],
    ['an OAuth client that does not exist', 404, undefined, {}, '/accounts?external_user_id=u&oauth_app_id=oa_1'],
    ['an account to reconnect that does not exist', 404, undefined, { account_id: 'apn_nothing' }],
  ])(
    'refuses %s with %i, names the field and stores nothing',
    async (_, status, field, body, path = '/accounts?external_user_id=u') => {
      const bench = createBench()
      const json = { app_slug: 'acme', cfmap_json: JSON.stringify(fields), ...body }
      const answer = await bench.call('POST', `${base}${path}`, { json })
      expect([answer.status, answer.json.details?.field]).toEqual([status, field])
      expect(answer.text).not.toContain('planted')
      expect((await bench.call('GET', `${base}/accounts`)).json.data).toEqual([])
      expect((await create(bench)).status).toBe(200)
    },
  )

  it.each<[string, string | Uint8Array, string[]]>([
    ['no JSON', '{', ['content-type', 'application/json']],
    ['a list', '[]', ['content-type', 'application/json']],
    ['a form', 'app_slug=acme', ['content-type', 'application/x-www-form-urlencoded']],
    ['no UTF-8', new Uint8Array([0xff]), ['content-type', 'application/json']],
    ['a depth of 40', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`, ['content-type', 'application/json']],
  ])('refuses a body that is %s', async (_, body, headers) => {
    const answer = await createBench().call('POST', `${base}/accounts?external_user_id=u`, { body, headers })
    expect([answer.status, answer.json.code]).toEqual([400, 'invalid_request'])
  })

  it('takes no body longer than 256 kB', async () => {
    const bench = createBench()
    const answer = await bench.call('POST', `${base}/accounts?external_user_id=u`, {
      json: { name: 'x'.repeat(300_000) },
    })
    expect([answer.status, answer.json.code]).toEqual([413, 'payload_too_large'])
  })
})

describe('a connect token that is limited to apps', () => {
  const scope = { project: 'proj_demo', environment: 'production' } as const

  async function world(more: Partial<ConnectTokenRecord> = {}) {
    const bench = createBench()
    const record: ConnectTokenRecord = {
      ...scope,
      externalUserId: 'user-7',
      scopes: ['connect:accounts:write'],
      client: 'demo',
      keyDigest: undefined,
      allowedOrigins: undefined,
      appId: undefined,
      choices: [{ app: 'acme', externalIdPrefix: '#acme-prod/', oauthAppId: undefined }],
      oauthAppId: undefined,
      accountId: undefined,
      successRedirectUri: undefined,
      errorRedirectUri: undefined,
      webhookUri: undefined,
      ...more,
    }
    const token = await bench.connectTokens.create(record, bench.clock.now() + 60_000)
    const externalId = async (answer: Answer) => (await bench.storage.readAccount(scope, answer.json.id))?.externalId
    return { bench, token, externalId }
  }

  it('makes accounts of the name that the project gave to one, whether it stands in the body or is the key', async () => {
    const { bench, token, externalId } = await world()
    const json = { cfmap_json: JSON.stringify(fields) }
    const answers = [
      await bench.call('POST', `${base}/accounts`, { json: { ...json, connect_token: token } }),
      await bench.call('POST', `${base}/accounts`, { json, bearer: token }),
      await bench.call('POST', `${base}/accounts`, { json: { ...json, app_slug: 'acme' }, bearer: token }),
    ]
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 200, json: { external_id: 'user-7', app: { name_slug: 'acme' } } })
      expect(await externalId(answer)).toBe(`#acme-prod/${answer.json.id}`)
    }
  })

  it('makes accounts of each of them, and of no other app', async () => {
    const others = [
      { app: 'shop', externalIdPrefix: '', oauthAppId: undefined },
      { app: 'cloud', externalIdPrefix: '', oauthAppId: undefined },
    ]
    const acme = { app: 'acme', externalIdPrefix: '#acme-prod/', oauthAppId: undefined }
    const { bench, token, externalId } = await world({ choices: [acme, ...others] })
    const post = (json: object, bearer = {}) => bench.call('POST', `${base}/accounts`, { json, ...bearer })
    const ofShop = await post({ ...grant(), connect_token: token })
    expect(await externalId(ofShop)).toBe(ofShop.json.id)
    const ofAcme = await post({ app_slug: 'acme', cfmap_json: JSON.stringify(fields) }, { bearer: token })
    expect(await externalId(ofAcme)).toBe(`#acme-prod/${ofAcme.json.id}`)
    expect(await post({ cfmap_json: JSON.stringify(fields) }, { bearer: token })).toMatchObject({ status: 400 })

    for (const choices of [[acme], []]) {
      const limited = await world({ choices })
      for (const bearer of [{}, { bearer: limited.token }]) {
        const json = { ...grant(), connect_token: limited.token }
        const refused = await limited.bench.call('POST', `${base}/accounts`, { json, ...bearer })
        expect(refused).toMatchObject({ status: 400, json: { error: expect.stringContaining('app_slug') } })
      }
      const { rows } = await limited.bench.storage.listAccounts({ scope, limit: 10 })
      expect(rows).toEqual([])
    }
  })
})

describe('a connect token for an account that is to be connected again', () => {
  const scope = { project: 'proj_demo', environment: 'production' } as const
  const json = { cfmap_json: '{"api_key":"new"}' }

  /** An account of `user-1`, and a token that names it. */
  async function world(more: Partial<ConnectTokenRecord> = {}) {
    const bench = createBench()
    const { id } = (await create(bench, 'user-1')).json
    const { id: other } = (await create(bench, 'user-1')).json
    const record: ConnectTokenRecord = {
      ...scope,
      externalUserId: 'user-1',
      scopes: ['connect:accounts:write'],
      client: 'demo',
      keyDigest: undefined,
      allowedOrigins: undefined,
      appId: 'acme',
      choices: undefined,
      oauthAppId: undefined,
      accountId: id,
      successRedirectUri: undefined,
      errorRedirectUri: undefined,
      webhookUri: undefined,
      ...more,
    }
    const token = await bench.connectTokens.create(record, bench.clock.now() + 60_000)
    const keyOf = async (account: string) =>
      (await bench.storage.readAccount(scope, account))?.values.reveal().customFields.api_key
    const count = async () => (await bench.storage.listAccounts({ scope, limit: 10 })).rows.length
    return { bench, id, other, token, keyOf, count }
  }

  it('renews that one, whether it stands in the body or is the key', async () => {
    for (const byKey of [true, false]) {
      const { bench, id, other, token, keyOf, count } = await world()
      const call = byKey ? { json, bearer: token } : { json: { ...json, connect_token: token } }
      expect(await bench.call('POST', `${base}/accounts`, call)).toMatchObject({ status: 200, json: { id } })
      expect([await keyOf(id), await keyOf(other), await count()]).toEqual(['new', 'planted-secret', 2])
    }
  })

  it('may name it again, and no other one', async () => {
    const { bench, id, other, token, keyOf } = await world()
    const call = (account: string) =>
      bench.call('POST', `${base}/accounts`, { json: { ...json, account_id: account, connect_token: token } })
    expect(await call(other)).toMatchObject({ status: 400, json: { details: { field: 'account_id' } } })
    expect(await keyOf(other)).toBe('planted-secret')
    expect(await call(id)).toMatchObject({ status: 200, json: { id } })
  })

  it.each<[string, Partial<ConnectTokenRecord>, object, number]>([
    ['of another user', { externalUserId: 'user-2' }, {}, 404],
    ['of another app', { appId: 'shop' }, {}, 400],
    ['when the body names another app', {}, { app_slug: 'shop' }, 400],
    ['that is gone', { accountId: 'apn_gone' }, {}, 404],
  ])('renews none %s', async (_, record, more, status) => {
    const { bench, id, token, keyOf, count } = await world(record)
    const body = { ...json, ...more, connect_token: token }
    expect((await bench.call('POST', `${base}/accounts`, { json: body })).status).toBe(status)
    expect([await keyOf(id), await count()]).toEqual(['planted-secret', 2])
  })

  it('renews none of another environment', async () => {
    const { bench, id, token, keyOf } = await world({ environment: 'development' })
    expect((await bench.call('POST', `${base}/accounts`, { json, bearer: token })).status).toBe(404)
    expect(await keyOf(id)).toBe('planted-secret')
  })
})

describe('reconnecting with account_id', () => {
  it('changes what is given, keeps the rest, and brings the account back to life', async () => {
    const bench = createBench()
    const scope = { project: 'proj_demo', environment: 'production' } as const
    const { id } = (await create(bench, 'user-1', { name: 'Mine' })).json
    const before = await bench.storage.readAccount(scope, id)
    if (before === undefined) throw new Error('The account is not there.')
    await bench.storage.writeAccount({ ...before, dead: true, error: 'revoked' }, before.version)
    expect((await bench.call('GET', `${base}/accounts/${id}`)).json).toMatchObject({
      dead: true,
      healthy: false,
      error: 'revoked',
    })
    bench.clock.advance(5000)
    const answer = await create(bench, 'user-1', { account_id: id, cfmap_json: '{"api_key":"new"}' })
    expect(answer.json).toMatchObject({ id, name: 'Mine', dead: false, healthy: true, error: null })
    expect(answer.json.updated_at).not.toBe(answer.json.created_at)
    const after = await bench.storage.readAccount(scope, id)
    expect(after?.values.reveal().customFields).toEqual({ subdomain: 'one', api_key: 'new' })
    expect((await bench.call('GET', `${base}/accounts`)).json.data).toHaveLength(1)
  })

  it('tells of renewals: the last, the next, and what went wrong', async () => {
    const bench = createBench()
    const scope = { project: 'proj_demo', environment: 'production' } as const
    const { id } = (await create(bench, 'u', grant({ oauth_refresh_token: 'r', expires_in: 3600 }))).json
    const write = async (change: Partial<Account>) => {
      const before = await bench.storage.readAccount(scope, id)
      if (before === undefined) throw new Error('The account is not there.')
      await bench.storage.writeAccount({ ...before, ...change }, before.version)
      return (await bench.call('GET', `${base}/accounts/${id}`)).json
    }
    const now = bench.clock.now()
    const iso = (time: number) => new Date(time).toISOString()
    expect(await write({ lastRefreshedAt: now, expiresAt: now + 7_200_000 })).toMatchObject({
      healthy: true,
      error: null,
      last_refreshed_at: iso(now),
      next_refresh_at: iso(now + 7_140_000),
    })
    expect(await write({ expiresAt: now + 40_000 })).toMatchObject({ next_refresh_at: iso(now + 30_000) })
    const failed = 'The last refresh failed: the vendor answered 503.'
    expect(await write({ error: failed })).toMatchObject({ healthy: false, dead: false, error: failed })
    expect(await write({ dead: true })).toMatchObject({ healthy: false, dead: true, next_refresh_at: null })
    const again = await create(bench, 'u', { ...grant({ oauth_refresh_token: 'new' }), account_id: id })
    expect(again.json).toMatchObject({ healthy: true, dead: false, error: null, last_refreshed_at: null })
  })

  it('replaces a grant as a whole', async () => {
    const bench = createBench()
    const { id } = (await create(bench, 'u', grant({ oauth_refresh_token: 'old', expires_in: 60 }))).json
    await create(bench, 'u', { ...grant({ oauth_access_token: 'new' }), account_id: id })
    const answer = await bench.call('GET', `${base}/accounts/${id}?include_credentials=true`)
    expect(answer.json).toMatchObject({ credentials: { oauth_access_token: 'new' }, expires_at: null })
    expect(answer.json.credentials).not.toHaveProperty('oauth_refresh_token')
  })

  it("is refused for another user's account, and for another app", async () => {
    const bench = createBench()
    const { id } = (await create(bench)).json
    expect((await create(bench, 'user-2', { account_id: id })).status).toBe(404)
    const other = await create(bench, 'user-1', { ...grant(), account_id: id })
    expect([other.status, other.json.details]).toEqual([400, { field: 'app_slug' }])
    expect((await create(bench, 'user-1', { account_id: id })).status).toBe(200)
  })
})

describe('GET accounts', () => {
  it('lists, filters and pages', async () => {
    const bench = createBench()
    const ids: string[] = []
    for (let index = 0; index < 5; index += 1) ids.push((await create(bench, `user-${index % 2}`)).json.id)
    const shopId = (await create(bench, 'user-0', grant())).json.id
    const all = await bench.call('GET', `${base}/accounts`)
    expect(listOf(accountSchema).strict().parse(all.json)).toEqual(all.json)
    expect(all.json.page_info).toMatchObject({ total_count: 6, count: 6, end_cursor: null })
    const count = async (query: string) =>
      (await bench.call('GET', `${base}/accounts?${query}`)).json.page_info.total_count
    expect(await count('external_user_id=user-0')).toBe(4)
    expect(await count('app=acme')).toBe(5)
    expect(await count('app=app_shop1')).toBe(1)
    expect(await count('external_user_id=user-1&app=shop')).toBe(0)
    expect(await count('app=nothing')).toBe(0)
    expect(await count('oauth_app_id=oa_nothing')).toBe(0)

    const seen: string[] = []
    let after = ''
    for (let page = 0; page < 4; page += 1) {
      const { json } = await bench.call('GET', `${base}/accounts?limit=2${after}`)
      seen.push(...json.data.map((account: { id: string }) => account.id))
      if (json.page_info.end_cursor === null) break
      after = `&after=${json.page_info.end_cursor}`
    }
    expect(seen).toEqual([...ids, shopId].sort())
  })

  it.each(['/v1/connect/accounts', '/v1/accounts', '/v1/connect//accounts'])('is also at %s', async (path) => {
    const bench = createBench()
    const { id } = (await create(bench)).json
    expect((await bench.call('GET', path)).json.data[0].id).toBe(id)
    expect((await bench.call('GET', `${path}/${id}`)).json.id).toBe(id)
  })

  it.each(['true', '1'])('shows credentials with include_credentials=%s and the scope to read', async (flag) => {
    const bench = createBench()
    const { id } = (await create(bench)).json
    const reader = await bench.token('reader')
    for (const bearer of [await bench.token(), reader]) {
      const list = await bench.call('GET', `${base}/accounts?include_credentials=${flag}`, { bearer })
      expect(list.json.data[0].credentials).toEqual(fields)
      const one = await bench.call('GET', `${base}/accounts/${id}?include_credentials=${flag}`, { bearer })
      expect(one.json.credentials).toEqual(fields)
    }
    const without = await bench.call('GET', `${base}/accounts/${id}`)
    expect(without.json).not.toHaveProperty('credentials')
    for (const query of ['include_credentials=false', 'include_credentials=0']) {
      expect((await bench.call('GET', `${base}/accounts?${query}`)).text).not.toContain('planted')
    }
    const writer = await bench.token('demo', 'connect:accounts:write connect:proxy')
    const refused = await bench.call('GET', `${base}/accounts/${id}?include_credentials=${flag}`, { bearer: writer })
    expect([refused.status, refused.json.code]).toEqual([403, 'insufficient_scope'])
  })
})

describe('what is not yours is not there', () => {
  it('in bytes', async () => {
    const bench = createBench()
    const { id } = (await create(bench)).json
    const bearer = await bench.token('other')
    const answers = await Promise.all([
      bench.call('GET', `${base}/accounts/${id}`, { bearer }),
      bench.call('GET', `/v1/connect/proj_other/accounts/${id}`, { bearer }),
      bench.call('GET', `/v1/connect/accounts/${id}`, { bearer }),
      bench.call('GET', `${base}/accounts/apn_nothing`),
      bench.call('GET', `/v1/connect/proj_nothing/accounts/${id}`),
      bench.call('GET', `/v1/connect/proj_nothing/accounts`),
      bench.call('GET', `${base}/accounts/${id}`, { headers: ['x-pd-environment', 'development'] }),
      bench.call('DELETE', `${base}/accounts/${id}`, { bearer }),
      bench.call('DELETE', `${base}/apps/nothing/accounts`),
      bench.call('GET', `${base}/accounts`, { bearer: 'static-key-dev', headers: ['x-pd-environment', 'production'] }),
    ])
    for (const answer of answers) {
      expect([answer.status, answer.text]).toEqual([404, '{"error":"record not found","code":"record_not_found"}'])
    }
    expect((await bench.call('GET', `${base}/accounts/${id}`)).status).toBe(200)
    expect((await bench.call('GET', `${base}/accounts`, { bearer: 'static-key-dev' })).json.data).toEqual([])
  })
})

describe('DELETE accounts', () => {
  it('takes one away, once', async () => {
    const bench = createBench()
    const { id } = (await create(bench)).json
    const answer = await bench.call('DELETE', `${base}/accounts/${id}`)
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect((await bench.call('DELETE', `${base}/accounts/${id}`)).status).toBe(404)
    expect((await bench.call('GET', `${base}/accounts`)).json.data).toEqual([])
  })

  it.each(['/apps/acme/accounts', '/accounts/app/acme', '/apps/app_acme1/accounts'])(
    'takes all of an app away at %s',
    async (path) => {
      const bench = createBench()
      for (let index = 0; index < 3; index += 1) await create(bench)
      const shop = (await create(bench, 'u', grant())).json.id
      expect((await bench.call('DELETE', `${base}${path}`)).status).toBe(204)
      const left = (await bench.call('GET', `${base}/accounts`)).json.data
      expect(left.map((account: { id: string }) => account.id)).toEqual([shop])
    },
  )

  it('needs the scope to write', async () => {
    const bench = createBench()
    const { id } = (await create(bench)).json
    const bearer = await bench.token('reader')
    expect((await bench.call('DELETE', `${base}/accounts/${id}`, { bearer })).status).toBe(403)
    expect((await bench.call('POST', `${base}/accounts?external_user_id=u`, { bearer, json: {} })).status).toBe(403)
    expect((await bench.call('GET', `${base}/accounts/${id}`, { bearer })).status).toBe(200)
  })
})

describe('a browser with a connect token', () => {
  async function browser(bench: Bench, body: object = {}) {
    const json = { external_user_id: 'user-1', allowed_origins: ['https://app.example.com'], ...body }
    const headers = ['x-pd-environment', 'development']
    return (await bench.call('POST', `${base}/tokens`, { json, headers })).json.token as string
  }
  const fromPage = (origin: string) => ['origin', origin, 'x-pd-environment', 'production']
  const page = fromPage('https://app.example.com')

  it('creates and lists accounts of its own user, in the environment of its token', async () => {
    const bench = createBench()
    const bearer = await browser(bench)
    const json = { app_slug: 'acme', cfmap_json: JSON.stringify(fields), connect_token: bearer }
    const made = await bench.call('POST', '/v1/connect/accounts', { bearer, json, headers: page })
    expect(made.json.external_id).toBe('user-1')
    expect(made.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    const headers = ['x-pd-environment', 'development']
    await bench.call('POST', `${base}/accounts?external_user_id=user-2`, {
      json: { ...json, connect_token: undefined },
      headers,
    })
    const list = await bench.call('GET', '/v1/connect/accounts?include_credentials=true', { bearer, headers: page })
    expect(list.json.data.map((account: { id: string }) => account.id)).toEqual([made.json.id])
    expect(list.text).not.toContain('planted')
    const others = await bench.call('GET', '/v1/connect/accounts?external_user_id=user-2', { bearer })
    expect(others.json.data).toEqual([])
    expect((await bench.call('GET', '/v1/connect/apps', { bearer, headers: page })).status).toBe(200)
  })

  it("reaches no other user's account", async () => {
    const bench = createBench()
    const bearer = await browser(bench)
    const headers = ['x-pd-environment', 'development']
    const json = { app_slug: 'acme', cfmap_json: JSON.stringify(fields) }
    const { id } = (await bench.call('POST', `${base}/accounts?external_user_id=user-2`, { json, headers })).json
    expect((await bench.call('GET', `/v1/connect/accounts/${id}`, { bearer })).status).toBe(404)
    expect((await bench.call('DELETE', `/v1/connect/accounts/${id}`, { bearer })).status).toBe(404)
    const write = await bench.call('POST', '/v1/connect/accounts?external_user_id=user-2', { bearer, json })
    expect(write.status).toBe(404)
    expect(
      (await bench.call('POST', '/v1/connect/accounts', { bearer, json: { ...json, account_id: id } })).status,
    ).toBe(404)
    expect((await bench.call('GET', `${base}/accounts/${id}`, { headers })).status).toBe(200)
  })

  it('cannot do what is for backends', async () => {
    const bench = createBench()
    const bearer = await browser(bench, { scope: '*' })
    const calls: [string, string][] = [
      ['POST', `${base}/tokens`],
      ['GET', `${base}/users`],
      ['DELETE', `${base}/users/user-1`],
      ['DELETE', `${base}/apps/acme/accounts`],
      ['GET', '/v1/connect/projects'],
      ['GET', `${base}/oauth_apps`],
      ['POST', '/v1/connect/rate_limits'],
      ['GET', '/v1/connect/usage?start_ts=0&end_ts=1'],
    ]
    for (const [method, path] of calls) {
      const answer = await bench.call(method, path, { bearer })
      expect([method, path, answer.status]).toEqual([method, path, 403])
    }
  })

  it('works from the origins that it was made for', async () => {
    const bench = createBench()
    const bearer = await browser(bench)
    const refused = await bench.call('GET', '/v1/connect/accounts', {
      bearer,
      headers: fromPage('https://evil.example'),
    })
    expect([refused.status, refused.json.code]).toEqual([403, 'insufficient_scope'])
    expect((await bench.call('GET', '/v1/connect/accounts', { bearer, headers: page })).status).toBe(200)
    expect((await bench.call('GET', '/v1/connect/accounts', { bearer })).status).toBe(200)
    const anywhere = await browser(bench, { allowed_origins: undefined })
    const open = await bench.call('GET', '/v1/connect/accounts', {
      bearer: anywhere,
      headers: fromPage('https://any.example'),
    })
    expect(open.headers.get('access-control-allow-origin')).toBe('https://any.example')
  })
})
