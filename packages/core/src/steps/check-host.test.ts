import { describe, expect, it } from 'vitest'
import type { Account } from '../account.js'
import type { ConnectSettings } from '../app-definition.js'
import { compileApp } from '../app-registry.js'
import { ProxyError } from '../errors.js'
import { Secret } from '../secret.js'
import { parseTarget } from '../target.js'
import { allowsTarget, checkHost } from './check-host.js'

function app(connect: ConnectSettings) {
  const custom_fields = [{ name: 'shop' }, { name: 'region' }]
  return compileApp({ name_slug: 'acme', name: 'Acme', auth_type: 'none', auth: [], custom_fields, connect })
}

function account(customFields: Readonly<Record<string, string>>): Account {
  return { values: new Secret({ customFields, credentials: {} }) } as Account
}

const demo = account({ shop: 'demo', region: 'eu' })
const allows = (url: string, connect: ConnectSettings, by = demo) => allowsTarget(parseTarget(url), app(connect), by)

describe('the host check', () => {
  it('lets the base\u2019s own origin and the allowed domains through', () => {
    const connect = { base_proxy_target_url: 'https://api.acme.com/v1', allowed_domains: ['*.files.acme.com'] }
    const passed = ['https://api.acme.com/', 'https://api.acme.com/other', 'https://a.files.acme.com/']
    const refused = [
      'https://acme.com/',
      'http://api.acme.com/',
      'https://api.acme.com:8443/',
      'https://files.acme.com/',
    ]
    expect(passed.map((url) => allows(url, connect))).toEqual([true, true, true])
    expect(refused.map((url) => allows(url, connect))).toEqual([false, false, false, false])
  })

  it('lets http through for a base that is written so, and for no other host', () => {
    const connect = { base_proxy_target_url: 'http://api.acme.com:8080', allowed_domains: ['files.acme.com'] }
    expect(allows('http://api.acme.com:8080/', connect)).toBe(true)
    expect(allows('http://api.acme.com/', connect)).toBe(false)
    expect(allows('http://files.acme.com/', connect)).toBe(false)
    expect(allows('https://files.acme.com/', connect)).toBe(true)
  })

  it('lets the host that an account\u2019s fields make through for that account alone', () => {
    const connect = {
      base_proxy_target_url: 'https://{{custom_fields.shop}}.acme.com',
      allowed_domains: [
        '{{custom_fields.shop}}.acme.com',
        '{{custom_fields.region}}.files.acme.com:8443',
        'static.acme.com',
      ],
    }
    const passed = ['https://demo.acme.com/x', 'https://eu.files.acme.com:8443/', 'https://static.acme.com/']
    const refused = [
      'https://other.acme.com/',
      'https://us.files.acme.com:8443/',
      'https://eu.files.acme.com/',
      'https://acme.com/',
    ]
    expect(passed.map((url) => allows(url, connect))).toEqual([true, true, true])
    expect(refused.map((url) => allows(url, connect))).toEqual([false, false, false, false])
    expect(allows('https://demo.acme.com/', connect, account({ shop: 'other', region: 'eu' }))).toBe(false)
    expect(allows('https://eu.files.acme.com:8443/', connect, account({ shop: 'demo', region: 'e/u' }))).toBe(false)
    expect(allows('https://eu.files.acme.com:8443/', connect, account({ shop: 'demo' }))).toBe(false)
  })

  it('refuses in the words that clients know', () => {
    const connect = { base_proxy_target_url: 'https://api.acme.com' }
    expect(() => checkHost(parseTarget('https://api.acme.com/'), app(connect), demo)).not.toThrow()
    try {
      checkHost(parseTarget('https://evil.example/'), app(connect), demo)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ProxyError)
      expect(error).toMatchObject({
        code: 'domain_not_allowed',
        status: 400,
        message: 'domain not allowed for this app',
      })
    }
  })
})
