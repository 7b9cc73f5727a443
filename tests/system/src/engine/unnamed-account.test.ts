import type { AppDefinition, ProxyError } from '@proxy/core'
import { startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startEngine, type TestAccount } from './start-engine.js'

let api: Upstream

beforeAll(async () => {
  api = await startUpstream()
})

afterAll(() => api.stop())

beforeEach(() => api.forget())

/** Ids in the order of lists: `z` comes after all others. */
function accounts(app: string, count: number, letter: string, dead = false): TestAccount[] {
  const idOf = (index: number) => `apn_${letter}${String(index).padStart(3, '0')}`
  return Array.from({ length: count }, (_, index) => ({
    id: idOf(index),
    app,
    customFields: { key: idOf(index) },
    dead,
  }))
}

async function callWithout(accountsOfUser: readonly TestAccount[], isPath = false) {
  const app = (name_slug: string, base: string | undefined): AppDefinition => ({
    name_slug,
    name: name_slug,
    auth_type: 'keys',
    custom_fields: [{ name: 'key', type: 'password' }],
    connect: base === undefined ? { allowed_domains: ['api.other.test'] } : { base_proxy_target_url: base },
    auth: [{ kind: 'header', name: 'x-key', value: '{{custom_fields.key}}' }],
  })
  let error: ProxyError | undefined
  const base = `http://127.0.0.1:${api.port}`
  const engine = await startEngine({
    apps: [app('acme', base), app('other', undefined)],
    accounts: accountsOfUser,
    allowPrivate: [`127.0.0.1:${api.port}`],
    onError: (thrown) => {
      error = thrown
    },
  })
  const { status } = await engine.call({ target: isPath ? '/x' : `${base}/x` })
  await engine.close()
  return {
    status,
    error: error?.code,
    ids: error?.details?.account_ids,
    keys: api.requests.flatMap((request) => request.values('x-key')),
  }
}

const refused = (...ids: string[]) => ({ status: 409, error: 'account_ambiguous', ids, keys: [] })
const served = (key: string) => ({ status: 200, error: undefined, ids: undefined, keys: [key] })
const others = accounts('other', 120, 'm')

it.each([false, true])('the one account that fits is found behind 120 others (by path: %s)', async (isPath) => {
  expect(await callWithout(accounts('acme', 1, 'a'), isPath)).toEqual(served('apn_a000'))
  api.forget()
  expect(await callWithout([...others, ...accounts('acme', 1, 'z')], isPath)).toEqual(served('apn_z000'))
})

it('two accounts that fit are ambiguous with 120 others between them', async () => {
  const all = [...accounts('acme', 1, 'a'), ...others, ...accounts('acme', 1, 'z')]
  expect(await callWithout(all)).toEqual(refused('apn_a000', 'apn_z000'))
})

it('a living account is taken before dead ones of earlier pages', async () => {
  const dead = accounts('acme', 120, 'a', true)
  expect(await callWithout([...dead, ...accounts('acme', 1, 'z')])).toEqual(served('apn_z000'))
})

it('no account that fits in any page is an unknown record', async () => {
  expect(await callWithout(others)).toMatchObject({ status: 404, error: 'record_not_found', keys: [] })
})

it.each([false, true])('of many accounts that fit the refusal names the first 100 (dead: %s)', async (dead) => {
  const all = accounts('acme', 250, 'a', dead)
  expect(await callWithout(all)).toEqual(refused(...all.slice(0, 100).map(({ id }) => id)))
})
