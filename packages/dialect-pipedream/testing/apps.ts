import type { AppDefinition } from '@proxy/core'

/** An app with an API key and a host of its own for every account. */
export const acme: AppDefinition = {
  name_slug: 'acme',
  name: 'Acme',
  id: 'app_acme1',
  description: 'Things',
  img_src: 'https://acme.example/logo.png',
  categories: ['CRM', 'Sales & Marketing'],
  featured_weight: 10,
  auth_type: 'keys',
  custom_fields: [
    { name: 'subdomain', label: 'Subdomain', format: 'host-label' },
    { name: 'api_key', label: 'API key', type: 'password' },
    { name: 'seats', format: 'integer', optional: true },
    { name: 'region', default: 'eu' },
  ],
  connect: { base_proxy_target_url: 'https://{{custom_fields.subdomain}}.acme.com' },
  auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }],
}

/** An OAuth app on one host. */
export const shop: AppDefinition = {
  name_slug: 'shop',
  name: 'shop',
  id: 'app_shop1',
  categories: ['CRM'],
  featured_weight: 20,
  auth_type: 'oauth',
  connect: { base_proxy_target_url: 'https://api.shop.example', allowed_domains: ['files.shop.example'] },
  auth: [{ kind: 'bearer' }],
  oauth: { token_url: 'https://login.shop.example/token' },
}
