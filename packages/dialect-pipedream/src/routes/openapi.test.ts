import { describe, expect, it } from 'vitest'
import { createBench } from '../../testing/bench.js'

describe('GET /openapi.json', () => {
  it('describes every route by the schemas that check it, without a token', async () => {
    const answer = await createBench().call('GET', '/openapi.json', { bearer: null })
    expect(answer.status).toBe(200)
    expect(answer.json.openapi).toBe('3.1.0')
    const operations = Object.entries<object>(answer.json.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    )
    expect(operations.sort()).toMatchInlineSnapshot(`
      [
        "delete /v1/connect/projects/{id}",
        "delete /v1/connect/{project}/accounts/{account}",
        "delete /v1/connect/{project}/apps/{app}/accounts",
        "delete /v1/connect/{project}/oauth_apps/{id}",
        "delete /v1/connect/{project}/proxy/{target}",
        "delete /v1/connect/{project}/users/{user}",
        "get /v1/connect/app_categories",
        "get /v1/connect/app_categories/{category}",
        "get /v1/connect/apps",
        "get /v1/connect/apps/{app}",
        "get /v1/connect/projects",
        "get /v1/connect/projects/{id}",
        "get /v1/connect/tokens/{token}/validate",
        "get /v1/connect/usage",
        "get /v1/connect/{project}/accounts",
        "get /v1/connect/{project}/accounts/{account}",
        "get /v1/connect/{project}/oauth_apps",
        "get /v1/connect/{project}/oauth_apps/{id}",
        "get /v1/connect/{project}/projects/info",
        "get /v1/connect/{project}/proxy/{target}",
        "get /v1/connect/{project}/users",
        "get /v1/connect/{project}/users/{user}/accounts",
        "head /v1/connect/{project}/proxy/{target}",
        "options /v1/connect/{project}/proxy/{target}",
        "patch /v1/connect/projects/{id}",
        "patch /v1/connect/{project}/proxy/{target}",
        "post /v1/connect/projects",
        "post /v1/connect/projects/{id}/logo",
        "post /v1/connect/rate_limits",
        "post /v1/connect/{project}/accounts",
        "post /v1/connect/{project}/oauth_apps",
        "post /v1/connect/{project}/proxy/{target}",
        "post /v1/connect/{project}/tokens",
        "post /v1/oauth/introspect",
        "post /v1/oauth/revoke",
        "post /v1/oauth/token",
        "put /v1/connect/{project}/oauth_apps/{id}",
        "put /v1/connect/{project}/proxy/{target}",
      ]
    `)
    const { Account, App, Error: failure } = answer.json.components.schemas
    expect(Account.properties.app).toEqual({ $ref: '#/components/schemas/App' })
    expect(App.required).toEqual(
      expect.arrayContaining(['name_slug', 'name', 'img_src', 'categories', 'featured_weight', 'scope_profiles']),
    )
    expect(failure.required).toEqual(['error', 'code'])
  })

  it('describes parameters and bodies as clients send them', async () => {
    const { paths } = (await createBench().call('GET', '/openapi.json', { bearer: null })).json
    const list = paths['/v1/connect/{project}/accounts'].get
    expect(list.parameters).toContainEqual({ in: 'path', name: 'project', required: true, schema: { type: 'string' } })
    expect(list.parameters.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['limit', 'after', 'before', 'external_user_id', 'app', 'include_credentials']),
    )
    const body = paths['/v1/connect/{project}/tokens'].post.requestBody.content['application/json'].schema
    expect(body.required).toEqual(['external_user_id'])
    expect(paths['/v1/oauth/token'].post.responses['200'].content['application/json'].schema.required).toEqual([
      'access_token',
      'token_type',
      'expires_in',
      'created_at',
    ])
  })
})
