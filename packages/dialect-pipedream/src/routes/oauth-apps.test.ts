import { createKeyRing, createSealer, oauthClientSealContext } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { createBench } from '../../testing/bench.js'
import { listOf, oauthAppSchema } from './schemas.js'

const path = '/v1/connect/proj_demo/oauth_apps'
const json = { app: 'shop', client_id: 'client-1', client_secret: 'planted-secret', scopes: ['read'] }

describe('OAuth clients of a project', () => {
  it('are an app with a client, and never show the secret', async () => {
    const bench = createBench()
    const made = await bench.call('POST', path, { json: { ...json, name: 'Our client' } })
    expect(made.status).toBe(200)
    expect(oauthAppSchema.strict().parse(made.json)).toEqual(made.json)
    expect(made.json).toMatchObject({
      id: expect.stringMatching(/^oa_[A-Za-z0-9]+$/),
      name_slug: 'shop',
      name: 'Our client',
      client_id: 'client-1',
      owner_id: 'proj_demo',
      scopes: ['read'],
      additional_scopes: [],
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:3000\//),
    })
    const one = await bench.call('GET', `${path}/${made.json.id}`)
    const list = await bench.call('GET', path)
    expect(one.json).toEqual(made.json)
    expect(listOf(oauthAppSchema).strict().parse(list.json).data).toEqual([made.json])
    for (const answer of [made, one, list]) expect(answer.text).not.toContain('planted')
  })

  it('are stored with a sealed secret, which opens for this record alone', async () => {
    const bench = createBench()
    const { id } = (await bench.call('POST', path, { json })).json
    const [stored] = await bench.storage.listDocuments('oauth-app', 'proj_demo/')
    expect(JSON.stringify(stored)).not.toContain('planted')
    const record = stored?.value as { client_secret: string }
    const sealer = createSealer(createKeyRing([Buffer.alloc(32, 9).toString('base64')]))
    const opened = sealer.open(record.client_secret, oauthClientSealContext('proj_demo', id))
    expect(opened.toString()).toBe('planted-secret')
    expect(() => sealer.open(record.client_secret, oauthClientSealContext('proj_other', id))).toThrow()
  })

  it('change by what is given, and go', async () => {
    const bench = createBench()
    const { id } = (await bench.call('POST', path, { json })).json
    bench.clock.advance(1000)
    const changed = await bench.call('PUT', `${path}/${id}`, {
      json: { description: 'New', additional_scopes: ['write'] },
    })
    expect(changed.json).toMatchObject({
      client_id: 'client-1',
      description: 'New',
      scopes: ['read'],
      additional_scopes: ['write'],
    })
    expect(changed.json.updated_at).not.toBe(changed.json.created_at)
    expect((await bench.call('DELETE', `${path}/${id}`)).status).toBe(204)
    expect((await bench.call('DELETE', `${path}/${id}`)).status).toBe(404)
    expect((await bench.call('GET', `${path}/${id}`)).status).toBe(404)
    expect((await bench.call('PUT', `${path}/${id}`, { json: {} })).status).toBe(404)
  })

  it.each<[string, unknown]>([
    ['an empty text', ''],
    ['blanks', ' \t'],
    ['null', null],
    ['nothing', undefined],
  ])('keep their secret when the change has %s for it', async (_, blank) => {
    const bench = createBench()
    const sealer = createSealer(createKeyRing([Buffer.alloc(32, 9).toString('base64')]))
    const { id } = (await bench.call('POST', path, { json })).json
    const stored = async () => {
      const [document] = await bench.storage.listDocuments('oauth-app', 'proj_demo/')
      const record = document?.value as { client_secret: string }
      return sealer.open(record.client_secret, oauthClientSealContext('proj_demo', id)).toString()
    }
    const changed = await bench.call('PUT', `${path}/${id}`, { json: { client_secret: blank, name: 'Renamed' } })
    expect([changed.status, changed.json.name, await stored()]).toEqual([200, 'Renamed', 'planted-secret'])
    await bench.call('PUT', `${path}/${id}`, { json: { client_secret: 'another-secret' } })
    expect(await stored()).toBe('another-secret')
  })

  it.each<[string, readonly string[]]>([
    ['q=findme', ['plain']],
    ['q=FINDME', ['plain']],
    ['q=%20findme%20', ['plain']],
    ['q=second', ['Second']],
    ['q=acme', ['Second']],
    ['q=acme&app=shop', []],
    ['q=findme&app=shop', ['plain']],
    ['q=nothing-of-these', []],
    ['q=planted', []],
    ['q=client-1', []],
    ['q=', ['Second', 'plain']],
    ['', ['Second', 'plain']],
  ])('are searched by slug, name and description: %s', async (query, names) => {
    const bench = createBench()
    await bench.call('POST', path, { json: { ...json, name: 'plain', description: 'To Findme by' } })
    await bench.call('POST', path, { json: { ...json, app: 'acme', name: 'Second' } })
    const answer = await bench.call('GET', `${path}?${query}`)
    expect(answer.json.data.map(({ name }: { name: string }) => name).sort()).toEqual(names)
  })

  it('are named by accounts', async () => {
    const bench = createBench()
    const { id } = (await bench.call('POST', path, { json })).json
    const account = { app_slug: 'shop', credentials: { oauth_access_token: 't' } }
    await bench.call('POST', `/v1/connect/proj_demo/accounts?external_user_id=u&oauth_app_id=${id}`, { json: account })
    const count = async (query: string) =>
      (await bench.call('GET', `/v1/connect/proj_demo/accounts?${query}`)).json.page_info.total_count
    expect(await count(`oauth_app_id=${id}`)).toBe(1)
    expect(await count('oauth_app_id=oa_other')).toBe(0)
  })

  it('are not there for another project', async () => {
    const bench = createBench()
    const { id } = (await bench.call('POST', path, { json })).json
    const bearer = await bench.token('other')
    expect((await bench.call('GET', '/v1/connect/proj_other/oauth_apps', { bearer })).json.data).toEqual([])
    expect((await bench.call('GET', `/v1/connect/proj_other/oauth_apps/${id}`, { bearer })).status).toBe(404)
    expect((await bench.call('DELETE', `/v1/connect/proj_other/oauth_apps/${id}`, { bearer })).status).toBe(404)
    expect((await bench.call('GET', `${path}/${id}`)).status).toBe(200)
  })

  it.each<[string, number, string | undefined, object]>([
    ['an unknown app', 404, undefined, { ...json, app: 'nothing' }],
    ['no client id', 400, 'client_id', { ...json, client_id: undefined }],
    ['no secret', 400, 'client_secret', { ...json, client_secret: undefined }],
    ['an empty secret', 400, 'client_secret', { ...json, client_secret: '' }],
    ['a secret that is an object', 400, 'client_secret', { ...json, client_secret: { planted: 1 } }],
    ['scopes as a text', 400, 'scopes', { ...json, scopes: 'read' }],
  ])('are refused with %s', async (_, status, field, body) => {
    const answer = await createBench().call('POST', path, { json: body })
    expect([answer.status, answer.json.details?.field]).toEqual([status, field])
    expect(answer.text).not.toContain('planted')
  })
})
