import { describe, expect, it } from 'vitest'
import { createBench } from '../../testing/bench.js'
import { listOf, projectSchema } from './schemas.js'

const all = '/v1/connect/projects'

describe('projects', () => {
  it("are the caller's own, and those that it made", async () => {
    const bench = createBench()
    const own = { id: 'proj_demo', name: 'Demo', connect_require_key_auth_test: false }
    expect((await bench.call('GET', `${all}/proj_demo`)).json).toEqual(own)
    const made = await bench.call('POST', all, {
      json: { name: 'Second', support_email: 'a@b.example', app_name: null },
    })
    expect(made.json).toEqual({
      id: expect.stringMatching(/^proj_[A-Za-z0-9]+$/),
      name: 'Second',
      support_email: 'a@b.example',
      connect_require_key_auth_test: false,
    })
    const list = await bench.call('GET', all)
    expect(listOf(projectSchema).strict().parse(list.json).data).toEqual([own, made.json])
    expect((await bench.call('GET', `${all}?q=sec`)).json.data).toEqual([made.json])
    const bearer = await bench.token('other')
    expect((await bench.call('GET', all, { bearer })).json.data.map((project: { id: string }) => project.id)).toEqual([
      'proj_other',
    ])
    for (const id of ['proj_demo', made.json.id, 'proj_nothing']) {
      const answers = [
        await bench.call('GET', `${all}/${id}`, { bearer }),
        await bench.call('PATCH', `${all}/${id}`, { bearer, json: { name: 'Mine now' } }),
        await bench.call('DELETE', `${all}/${id}`, { bearer }),
      ]
      for (const answer of answers) expect(answer.text).toBe('{"error":"record not found","code":"record_not_found"}')
    }
  })

  it('change by what is given', async () => {
    const bench = createBench()
    const change = await bench.call('PATCH', `${all}/proj_demo`, {
      json: { app_name: 'App', connect_require_key_auth_test: true },
    })
    expect(change.json).toEqual({ id: 'proj_demo', name: 'Demo', app_name: 'App', connect_require_key_auth_test: true })
    expect((await bench.call('PATCH', `${all}/proj_demo`, { json: { name: 'New' } })).json).toEqual({
      ...change.json,
      name: 'New',
    })
    const logo = `data:image/png;base64,${Buffer.from('x').toString('base64')}`
    expect((await bench.call('POST', `${all}/proj_demo/logo`, { json: { logo } })).status).toBe(204)
    expect(
      (await bench.call('POST', `${all}/proj_demo/logo`, { json: { logo: 'https://evil.example/a.png' } })).json
        .details,
    ).toEqual({ field: 'logo' })
    expect((await bench.call('PATCH', `${all}/proj_demo`, { json: { support_email: 'nobody' } })).json.details).toEqual(
      { field: 'support_email' },
    )
    expect((await bench.call('GET', `${all}/proj_demo`)).json.name).toBe('New')
  })

  it('are deleted when they were made here, and not when the operator configured them', async () => {
    const bench = createBench()
    const { id } = (await bench.call('POST', all, { json: { name: 'Second' } })).json
    expect((await bench.call('DELETE', `${all}/${id}`)).status).toBe(204)
    expect((await bench.call('GET', `${all}/${id}`)).status).toBe(404)
    expect((await bench.call('DELETE', `${all}/proj_demo`)).status).toBe(400)
    await bench.call('PATCH', `${all}/proj_demo`, { json: { name: 'New' } })
    expect((await bench.call('DELETE', `${all}/proj_demo`)).status).toBe(400)
    expect((await bench.call('GET', `${all}/proj_demo`)).status).toBe(200)
  })

  it.each(['/v1/connect/proj_demo/projects/info', '/v1/connect/projects/info'])(
    'know their apps at %s',
    async (path) => {
      expect((await createBench().call('GET', path)).json).toEqual({
        apps: [
          { id: 'app_acme1', name_slug: 'acme' },
          { id: 'app_shop1', name_slug: 'shop' },
        ],
      })
    },
  )

  it('need their scopes', async () => {
    const bench = createBench()
    const bearer = await bench.token('demo', 'connect:projects:read')
    expect((await bench.call('GET', all, { bearer })).status).toBe(200)
    expect((await bench.call('POST', all, { bearer, json: { name: 'x' } })).status).toBe(403)
    expect((await bench.call('PATCH', `${all}/proj_demo`, { bearer, json: {} })).status).toBe(403)
    expect((await bench.call('GET', all, { bearer: await bench.token('reader') })).status).toBe(403)
  })
})

describe('usage', () => {
  it('is nothing, for the span that was asked', async () => {
    const answer = await createBench().call('GET', '/v1/connect/usage?start_ts=1767225600&end_ts=1769904000')
    expect(answer.json).toEqual({
      data: [{ credits_used: 0, proxy_credits_used: 0, usage_start_ts: 1767225600, usage_end_ts: 1769904000 }],
    })
  })

  it.each(['', 'start_ts=1', 'start_ts=2&end_ts=1', 'start_ts=a&end_ts=1', 'start_ts=1&end_ts=99999999999999'])(
    'refuses %j',
    async (query) => {
      expect((await createBench().call('GET', `/v1/connect/usage?${query}`)).status).toBe(400)
    },
  )
})

describe('rate limits', () => {
  it.each<[string, object]>([
    ['window_size_seconds', { requests_per_window: 1 }],
    ['window_size_seconds', { requests_per_window: 1, window_size_seconds: 0 }],
    ['requests_per_window', { requests_per_window: 1.5, window_size_seconds: 1 }],
    ['requests_per_window', { requests_per_window: '1', window_size_seconds: 1 }],
  ])('name %s when it is wrong', async (field, json) => {
    const bench = createBench()
    const answer = await bench.call('POST', '/v1/connect/rate_limits', { json })
    expect([answer.status, answer.json.details]).toEqual([400, { field }])
    const good = { requests_per_window: 1, window_size_seconds: 1 }
    expect((await bench.call('POST', '/v1/connect/proj_demo/rate_limits', { json: good })).status).toBe(200)
    expect((await bench.call('POST', '/v1/connect/proj_other/rate_limits', { json: good })).status).toBe(404)
  })
})
