import { describe, expect, it } from 'vitest'
import { accountFaults } from './account-values.js'
import { compileApp } from './app-registry.js'

const shop = compileApp({
  name_slug: 'shop',
  name: 'Shop',
  auth_type: 'keys',
  custom_fields: [
    { name: 'region', format: 'host-label' },
    { name: 'key', type: 'password' },
    { name: 'seats', format: 'integer', optional: true },
    { name: 'files', optional: true },
    { name: 'plan', default: 'free' },
  ],
  connect: {
    base_proxy_target_url: 'https://{{custom_fields.region}}.shop.com',
    allowed_domains: ['{{custom_fields.files}}.files.shop.com'],
  },
  auth: [{ kind: 'bearer', token: '{{custom_fields.key}}' }],
})

function faultsOf(customFields: Readonly<Record<string, string>>): readonly string[] {
  return accountFaults(shop, { customFields, credentials: {} }).map(({ name, isMissing }) =>
    isMissing ? `${name} missing` : name,
  )
}

describe('the faults of an account’s values', () => {
  it('are none when the app can work with them', () => {
    expect(faultsOf({ region: 'eu', key: 'k' })).toEqual([])
    expect(faultsOf({ region: 'eu', key: 'k', seats: '3', files: 'f1', plan: 'paid' })).toEqual([])
  })

  it.each([
    [{ key: 'k' }, ['region missing']],
    [{ region: 'eu', key: '' }, ['key missing']],
    [{ region: 'eu', key: 'k', other: 'x' }, ['other']],
    [{ region: 'eu', key: 'k', constructor: 'x' }, ['constructor']],
    [{ region: 'evil.com/', key: 'k' }, ['region']],
    [{ region: 'eu', key: 'k', seats: 'many' }, ['seats']],
    [{ region: 'eu', key: 'k', files: 'evil.com#' }, ['files']],
    [{ region: 'a b', seats: 'x' }, ['region', 'key missing', 'seats']],
  ])('of %o are %o', (fields, names) => {
    expect(faultsOf(fields as Record<string, string>)).toEqual(names)
  })

  it('hold no value, and name a grant without a token', () => {
    const [fault] = accountFaults(shop, { customFields: { region: 'secret.value', key: 'k' }, credentials: {} })
    expect(fault?.message).not.toContain('secret.value')
    const oauth = compileApp({
      name_slug: 'mail',
      name: 'Mail',
      auth_type: 'oauth',
      connect: {},
      auth: [{ kind: 'bearer' }],
    })
    expect(accountFaults(oauth, { customFields: {}, credentials: {} })).toMatchObject([
      { source: 'credentials', name: 'oauth_access_token', isMissing: true },
    ])
    expect(accountFaults(oauth, { customFields: {}, credentials: { oauth_refresh_token: 'r' } })).toEqual([])
  })
})
