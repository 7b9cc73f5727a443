import type { AppDefinition } from '@proxy/core'

/** An API key, and a host of its own for every account. */
const acme: AppDefinition = {
  name_slug: 'acme',
  name: 'Acme',
  aliases: ['Acme-Legacy'],
  img_src: 'https://acme.example/logo.png',
  categories: ['CRM'],
  auth_type: 'keys',
  custom_fields: [
    { name: 'subdomain', format: 'host-label' },
    { name: 'api_key', type: 'password' },
    { name: 'seats', format: 'integer', optional: true },
  ],
  connect: { base_proxy_target_url: 'https://{{custom_fields.subdomain}}.acme.com' },
  auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }],
}

const shop: AppDefinition = {
  name_slug: 'shop',
  name: 'Shop',
  auth_type: 'oauth',
  connect: { base_proxy_target_url: 'https://api.shop.example' },
  auth: [{ kind: 'bearer' }],
  oauth: { token_url: 'https://api.shop.example/token' },
}

const books: AppDefinition = {
  name_slug: 'books',
  name: 'Books',
  auth_type: 'keys',
  custom_fields: [{ name: 'user' }, { name: 'pass', type: 'password' }],
  connect: { base_proxy_target_url: 'https://api.books.example' },
  auth: [{ kind: 'basic', username: '{{custom_fields.user}}', password: '{{custom_fields.pass}}' }],
}

const pay: AppDefinition = {
  name_slug: 'pay',
  name: 'Pay',
  auth_type: 'keys',
  custom_fields: [{ name: 'secret_key', type: 'password' }],
  connect: { base_proxy_target_url: 'https://api.pay.example' },
  auth: [{ kind: 'basic', username: '{{custom_fields.secret_key}}', password: '' }],
}

const machine: AppDefinition = {
  name_slug: 'machine',
  name: 'Machine',
  auth_type: 'keys',
  custom_fields: [{ name: 'client_id' }, { name: 'client_secret', type: 'password' }],
  connect: { base_proxy_target_url: 'https://api.machine.example' },
  auth: [{ kind: 'client-credentials', token_url: 'https://api.machine.example/token' }],
}

const open: AppDefinition = {
  name_slug: 'open',
  name: 'Open',
  auth_type: 'none',
  connect: { base_proxy_target_url: 'https://api.open.example' },
  auth: [{ kind: 'none' }],
}

export const definitions: readonly AppDefinition[] = [acme, shop, books, pay, machine, open]
