import { expect, it } from 'vitest'
import { appSchema } from './app-schema.js'
import { configJsonSchema } from './json-schema.js'

const fullApp = {
  name_slug: 'acme',
  name: 'Acme',
  auth_type: 'oauth',
  custom_fields: [{ name: 'subdomain', label: 'Subdomain', format: 'host-label', optional: false }],
  connect: {
    proxy_enabled: true,
    base_proxy_target_url: 'https://{{custom_fields.subdomain}}.acme.com',
    allowed_domains: ['{{custom_fields.subdomain}}.acme.com'],
  },
  auth: [{ kind: 'bearer', token: '{{credentials.oauth_access_token}}' }],
  headers: { 'acme-version': '2026-01-01' },
  oauth: { token_url: 'https://acme.com/token', client_auth: 'basic', pkce: true },
  retry: { after: 'retry-after', remaining: 'x-ratelimit-remaining', at: ['x-ratelimit-reset'] },
  limits: { requests: 100, window: '60s' },
}

it('the schema for editors knows every key of an app definition, and no others', () => {
  expect(appSchema.safeParse(fullApp).error).toBeUndefined()
  expect(appSchema.safeParse({ ...fullApp, colour: 'red' }).success).toBe(false)
})

it('the schema for editors is draft 7 and describes apps', () => {
  const schema = configJsonSchema()
  expect(schema).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    additionalProperties: false,
    properties: { apps: { items: { required: expect.arrayContaining(['name_slug', 'connect']) } } },
  })
  expect(JSON.stringify(schema)).toContain('allowPrivate')
})
