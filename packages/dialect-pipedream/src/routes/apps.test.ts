import { describe, expect, it } from 'vitest'
import { createBench } from '../../testing/bench.js'
import { appSchema, listOf } from './schemas.js'

const bench = createBench()

async function slugs(query: string): Promise<string[]> {
  const answer = await bench.call('GET', `/v1/connect/apps?${query}`)
  return answer.json.data.map((app: { name_slug: string }) => app.name_slug)
}

describe('GET /v1/connect/apps', () => {
  it.each(['/v1/connect/apps', '/v1/apps', '/v1//connect//apps'])('%s lists all of them', async (path) => {
    const answer = await bench.call('GET', path)
    expect(answer.status).toBe(200)
    expect(listOf(appSchema).strict().parse(answer.json)).toEqual(answer.json)
    expect(answer.json.page_info).toEqual({
      total_count: 2,
      count: 2,
      start_cursor: Buffer.from('app_acme1').toString('base64url'),
      end_cursor: null,
    })
  })

  it('shows what a client needs and nothing of how a credential is placed', async () => {
    const answer = await bench.call('GET', '/v1/connect/apps/acme')
    const { custom_fields_json: fields, ...app } = answer.json.data
    expect(app).toEqual({
      id: 'app_acme1',
      name_slug: 'acme',
      name: 'Acme',
      auth_type: 'keys',
      description: 'Things',
      img_src: 'https://acme.example/logo.png',
      categories: ['CRM', 'Sales & Marketing'],
      featured_weight: 10,
      scope_profiles: [],
      connect: {
        proxy_enabled: true,
        allowed_domains: expect.any(Array),
        base_proxy_target_url: 'https://{{custom_fields.subdomain}}.acme.com',
      },
    })
    expect(JSON.parse(fields)[1]).toEqual({
      name: 'api_key',
      label: 'API key',
      description: null,
      default: null,
      optional: false,
      type: 'password',
    })
    expect(answer.text).not.toContain('x-api-key')
  })

  it.each([
    ['q=ACM', ['acme']],
    ['q=nothing', []],
    ['sort_key=featured_weight&sort_direction=desc', ['shop', 'acme']],
    ['sort_key=name', ['acme', 'shop']],
    ['sort_key=name_slug&sort_direction=desc', ['shop', 'acme']],
    ['category_ids=sales_marketing', ['acme']],
    ['category_ids=crm&category_ids=other', ['acme', 'shop']],
    ['category_ids=other%2Csales_marketing', ['acme']],
    ['category_ids=other', []],
    ['has_actions=false&has_triggers=0', ['acme', 'shop']],
    ['has_components=true', []],
    ['has_actions=1', []],
  ])('%s finds %j', async (query, expected) => {
    expect(await slugs(query)).toEqual(expected)
  })

  it('pages to the end, and back', async () => {
    const first = await bench.call('GET', '/v1/connect/apps?limit=1')
    expect(first.json.page_info).toMatchObject({ total_count: 2, count: 1 })
    const cursor = first.json.page_info.end_cursor
    expect(await slugs(`limit=1&after=${cursor}`)).toEqual(['shop'])
    const last = await bench.call('GET', `/v1/connect/apps?limit=1&after=${cursor}`)
    expect(last.json.page_info.end_cursor).toBeNull()
    expect(await slugs(`before=${last.json.page_info.start_cursor}`)).toEqual(['acme'])
  })

  it.each([
    'limit=0',
    'limit=-1',
    'limit=abc',
    'limit=1.5',
    'limit=1&limit=2',
    'limit=',
    'after=nowhere',
    'after=%21',
    'after=',
    'before=YXBwX2FjbWUx&after=YXBwX2FjbWUx',
    'sort_key=secret',
    'sort_direction=up',
    'has_actions=maybe',
    'q=%ff',
    'q=%2',
  ])('refuses %s, naming it', async (query) => {
    const answer = await bench.call('GET', `/v1/connect/apps?${query}`)
    expect([answer.status, answer.json.code]).toEqual([400, 'invalid_request'])
    expect((await bench.call('GET', '/v1/connect/apps?limit=100000')).status).toBe(200)
  })
})

describe('one app', () => {
  it.each(['acme', 'app_acme1'])('is found as %s', async (name) => {
    expect((await bench.call('GET', `/v1/connect/apps/${name}`)).json.data.id).toBe('app_acme1')
    expect((await bench.call('GET', `/v1/apps/${name}`)).json.data.id).toBe('app_acme1')
  })

  it.each(['nothing', '__proto__', 'constructor', 'accounts', '%2e%2e', 'acme%00', 'a%2Fcme'])(
    'is not found as %s',
    async (name) => {
      const answer = await bench.call('GET', `/v1/connect/apps/${name}`)
      expect([answer.status, answer.json]).toEqual([404, { error: 'record not found', code: 'record_not_found' }])
    },
  )
})

describe('categories', () => {
  it('are a bare list', async () => {
    const list = await bench.call('GET', '/v1/connect/app_categories')
    expect(list.json).toEqual([
      { id: 'crm', name: 'CRM', description: '' },
      { id: 'sales_marketing', name: 'Sales & Marketing', description: '' },
    ])
    expect((await bench.call('GET', '/v1/connect/app_categories/crm')).json.name).toBe('CRM')
    expect((await bench.call('GET', '/v1/connect/app_categories/none')).status).toBe(404)
  })
})
