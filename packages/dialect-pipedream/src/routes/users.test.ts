import { describe, expect, it } from 'vitest'
import { type Bench, createBench } from '../../testing/bench.js'
import { accountSchema, listOf, userSchema } from './schemas.js'

const base = '/v1/connect/proj_demo'
const json = { app_slug: 'acme', cfmap_json: '{"subdomain":"one","api_key":"planted-secret"}' }

async function addAccount(bench: Bench, user: string): Promise<string> {
  const path = `${base}/accounts?external_user_id=${encodeURIComponent(user)}`
  return (await bench.call('POST', path, { json })).json.id
}

describe('users', () => {
  it('are listed by their accounts, in pages', async () => {
    const bench = createBench()
    const start = new Date(bench.clock.now()).toISOString()
    await addAccount(bench, 'user-1')
    bench.clock.advance(1000)
    for (const user of ['user-1', 'other', 'user-2', 'u/3']) await addAccount(bench, user)
    const all = await bench.call('GET', `${base}/users`)
    expect(listOf(userSchema).strict().parse(all.json)).toEqual(all.json)
    expect(all.json.data.map((user: { external_id: string }) => user.external_id)).toEqual([
      'other',
      'u/3',
      'user-1',
      'user-2',
    ])
    expect(all.json.data[2]).toEqual({
      id: expect.stringMatching(/^exu_[0-9a-f]{16}$/),
      external_id: 'user-1',
      created_at: start,
      updated_at: new Date(bench.clock.now()).toISOString(),
    })
    expect((await bench.call('GET', `${base}/users?q=user`)).json.page_info.total_count).toBe(2)
    expect((await bench.call('GET', `${base}/users?q=`)).json).toEqual(all.json)
    const first = (await bench.call('GET', `${base}/users?limit=3`)).json.page_info.end_cursor
    const rest = (await bench.call('GET', `${base}/users?limit=3&after=${first}`)).json
    expect([rest.data.length, rest.page_info.end_cursor]).toEqual([1, null])
    const back = (await bench.call('GET', `${base}/users?limit=2&before=${rest.page_info.start_cursor}`)).json
    expect(back.data.map((user: { external_id: string }) => user.external_id)).toEqual(['u/3', 'user-1'])
    expect(back.page_info.end_cursor).not.toBeNull()
  })

  it('have accounts, as a bare list', async () => {
    const bench = createBench()
    const ids = [await addAccount(bench, 'u/1'), await addAccount(bench, 'u/1')].sort()
    await addAccount(bench, 'u/2')
    const answer = await bench.call('GET', `${base}/users/u%2F1/accounts?app=acme`)
    expect(answer.json.map((account: unknown) => accountSchema.strict().parse(account).id)).toEqual(ids)
    expect(answer.text).not.toContain('planted')
    const open = await bench.call('GET', `${base}/users/u%2F1/accounts?include_credentials=true`)
    expect(open.json[0].credentials.api_key).toBe('planted-secret')
    expect((await bench.call('GET', `${base}/users/u%2F1/accounts?app=shop`)).json).toEqual([])
    expect((await bench.call('GET', `${base}/users/u%2F1/accounts?app=nothing`)).json).toEqual([])
    expect((await bench.call('GET', `${base}/users/nobody/accounts`)).json).toEqual([])
  })

  it.each(['u%2F1', 'u/1'])('are deleted as %s with their accounts and connect tokens', async (spelling) => {
    const bench = createBench()
    await addAccount(bench, 'u/1')
    const kept = await addAccount(bench, 'u')
    const tokenOf = async (user: string) =>
      (await bench.call('POST', `${base}/tokens`, { json: { external_user_id: user } })).json.token as string
    const [gone, other] = [await tokenOf('u/1'), await tokenOf('u')]
    expect((await bench.call('GET', '/v1/connect/accounts', { bearer: gone })).json.data).toHaveLength(1)
    expect((await bench.call('DELETE', `${base}/users/${spelling}`)).status).toBe(204)
    expect((await bench.call('GET', '/v1/connect/accounts', { bearer: gone })).status).toBe(401)
    expect((await bench.call('GET', '/v1/connect/accounts', { bearer: other })).json.data[0].id).toBe(kept)
    expect((await bench.call('DELETE', `${base}/users/${spelling}`)).status).toBe(204)
  })

  it('need their scopes', async () => {
    const bench = createBench()
    const bearer = await bench.token('demo', 'connect:users:read')
    expect((await bench.call('GET', `${base}/users`, { bearer })).status).toBe(200)
    expect((await bench.call('GET', `${base}/users/u/accounts`, { bearer })).status).toBe(403)
    expect((await bench.call('DELETE', `${base}/users/u`, { bearer })).status).toBe(403)
    expect((await bench.call('GET', '/v1/connect/proj_other/users', { bearer })).status).toBe(404)
  })

  it('with more accounts than one page are deleted whole', async () => {
    const bench = createBench()
    for (let index = 0; index < 205; index += 1) await addAccount(bench, 'many')
    expect((await bench.call('GET', `${base}/users/many/accounts`)).json).toHaveLength(205)
    await bench.call('DELETE', `${base}/users/many`)
    expect((await bench.call('GET', `${base}/users`)).json.data).toEqual([])
  })
})
