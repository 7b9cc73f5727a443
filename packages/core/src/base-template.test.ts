import { describe, expect, it } from 'vitest'
import type { AppDefinition, ConnectSettings } from './app-definition.js'
import { AppDefinitionError, compileApp } from './app-registry.js'

function definition(connect: ConnectSettings): AppDefinition {
  return {
    name_slug: 'acme',
    name: 'Acme',
    auth_type: 'keys',
    custom_fields: [
      { name: 'subdomain' },
      { name: 'region', format: 'host-label' },
      { name: 'api_key', type: 'password' },
    ],
    connect,
    auth: [{ kind: 'bearer' }],
  }
}

/** The faults of the settings, as `field message` lines. */
function faultsOf(connect: ConnectSettings): string[] {
  try {
    compileApp(definition(connect))
    return []
  } catch (error) {
    if (!(error instanceof AppDefinitionError)) throw error
    return error.faults.map(({ fault }) => `${fault.field} ${fault.message}`)
  }
}

describe('a base', () => {
  it.each([
    'https://api.acme.com',
    'https://api.acme.com:8443/v1/',
    'http://api.acme.com',
    'https://{{custom_fields.subdomain}}.acme.com',
    'https://{{ custom_fields.subdomain }}.acme.com/v1',
    'https://{{custom_fields.subdomain}}.acme.com:8443',
    'https://{{custom_fields.subdomain}}-api.acme.com',
    'https://api-{{custom_fields.subdomain}}.acme.com',
    'https://{{custom_fields.subdomain}}.{{custom_fields.region}}.acme.com',
    'https://{{custom_fields.subdomain}}.myshopify.com',
    'https://{{custom_fields.subdomain}}',
    'https://{{custom_fields.subdomain}}/v1',
    'https://api.{{custom_fields.subdomain}}',
    '{{custom_fields.subdomain}}',
    '{{custom_fields.subdomain}}/api/v4',
    'https://api.acme.com/{{custom_fields.subdomain}}/v1',
    'https://{{custom_fields.region}}.acme.com/t/{{custom_fields.subdomain}}',
  ])('may be %s', (text) => {
    expect(faultsOf({ base_proxy_target_url: text })).toEqual([])
  })

  it.each([
    ['api.acme.com', 'must be a URL'],
    ['ftp://api.acme.com', 'must be a URL'],
    ['https://', 'must be a URL'],
    ['https://user@api.acme.com', 'must be a URL'],
    ['https://api.acme.com\\x', 'must be a URL'],
    ['https://127.0.0.1', 'IP address'],
    ['https://localhost', 'single label'],
    ['https://co.uk', 'must not be co.uk'],
    ['https://github.io', 'must not be github.io'],
    ['https://api.acme.com?x=1', 'neither query nor fragment'],
    ['https://api.acme.com#x', 'neither query nor fragment'],
    ['https://api.acme.com/a/../b', 'no . or ..'],
    ['https://api.acme.com/%2e%2e', 'no . or ..'],
    ['https://{{custom_fields.subdomain}}{{custom_fields.region}}.acme.com', 'side by side'],
    ['https://{{custom_fields.subdomain}}acme{{custom_fields.region}}', 'without a dot before it'],
    ['https://api{{custom_fields.subdomain}}', 'without a dot before it'],
    ['https://{{custom_fields.subdomain}}-api', 'fixed domain'],
    ['https://{{custom_fields.subdomain}}.', 'fixed domain'],
    ['https://{{custom_fields.subdomain}}.0.0.1', 'fixed domain'],
    ['https://{{custom_fields.subdomain}}.acme.com.', 'fixed domain'],
    ['https://{{custom_fields.subdomain}}..acme.com', 'no valid URL'],
    ['https://{{custom_fields.subdomain}}.ACME.com', 'lower-case'],
    ['https://{{custom_fields.subdomain}}.acme.com@evil.example', 'lower-case'],
    ['https://x@{{custom_fields.subdomain}}.acme.com', 'lower-case'],
    ['https://{{custom_fields.subdomain}}.acme.com:{{custom_fields.region}}', 'lower-case'],
    ['https://{{custom_fields.subdomain}}.acme.com:99999', 'no valid URL'],
    ['https://{{custom_fields.subdomain}}.acme.com/..', 'no . or ..'],
    ['https://127.0.0.1/{{custom_fields.subdomain}}', 'IP address'],
    ['{{custom_fields.subdomain}}://api.acme.com', 'must continue with /'],
    ['{{custom_fields.subdomain}}.acme.com', 'must continue with /'],
    ['{{custom_fields.subdomain}}{{custom_fields.region}}', 'must continue with /'],
    ['{{custom_fields.subdomain}}/../x', 'no . or ..'],
    [' {{custom_fields.subdomain}}', 'must begin with https://'],
    ['ftp://{{custom_fields.subdomain}}.acme.com', 'must begin with https://'],
    ['https://{{credentials.host}}.acme.com', 'a credential belongs into auth'],
    ['{{credentials.instance_url}}', 'a credential belongs into auth'],
    ['https://{{base64(custom_fields.subdomain)}}.acme.com', 'a credential belongs into auth'],
    ['https://{{custom_fields.api_key}}.acme.com', 'a password'],
    ['https://api.acme.com/{{custom_fields.api_key}}', 'a password'],
    ['https://{{custom_fields.nope}}.acme.com', 'the app does not have'],
    ['https://{{custom_fields.constructor}}.acme.com', 'no name for a value'],
    ['https://{{custom_fields.subdomain.acme.com', 'does not end in }}'],
  ])('may not be %s', (text, reason) => {
    const faults = faultsOf({ base_proxy_target_url: text })
    expect(faults).toEqual([expect.stringMatching(/^connect\.base_proxy_target_url /)])
    expect(faults[0]).toContain(reason)
  })

  it('may lie where the operator excepts it', () => {
    const isExempt = (host: string, port: number) => host === '127.0.0.1' && port === 4010
    const local = definition({ base_proxy_target_url: 'http://127.0.0.1:4010' })
    expect(compileApp(local, { isExempt }).base.kind).toBe('fixed')
    expect(() => compileApp(local)).toThrow('IP address')
    const other = definition({ base_proxy_target_url: 'http://127.0.0.1:4011' })
    expect(() => compileApp(other, { isExempt })).toThrow('IP address')
  })
})

describe('allowed domains with fields', () => {
  const shop = 'https://{{custom_fields.subdomain}}.acme.com'

  it.each([
    '{{custom_fields.subdomain}}.acme.com',
    '{{custom_fields.subdomain}}.files.acme.com',
    '{{custom_fields.region}}.acme.com:8443',
  ])('may hold %s', (entry) => {
    expect(faultsOf({ base_proxy_target_url: shop, allowed_domains: [entry] })).toEqual([])
  })

  it.each([
    ['*.{{custom_fields.subdomain}}.acme.com', 'both * and custom fields'],
    ['{{custom_fields.subdomain}}{{custom_fields.region}}.acme.com', 'side by side'],
    ['{{custom_fields.nope}}.acme.com', 'the app does not have'],
    ['{{credentials.host}}.acme.com', 'a credential belongs into auth'],
    ['https://{{custom_fields.region}}.acme.com', 'lower-case'],
    ['{{custom_fields.region}}.acme.com/x', 'lower-case'],
  ])('may not hold %s', (entry, reason) => {
    const faults = faultsOf({ base_proxy_target_url: shop, allowed_domains: ['api.acme.com', entry] })
    expect(faults).toEqual([expect.stringMatching(/^connect\.allowed_domains\[1\] /)])
    expect(faults[0]).toContain(reason)
  })
})
