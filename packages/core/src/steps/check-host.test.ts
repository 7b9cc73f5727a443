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

  it('lets ports of this machine through over http too, where the operator excepts them and the base is not https', () => {
    const exceptions = [
      '127.0.0.1:4010',
      '127.0.0.1:4011',
      'localhost:4010',
      '[::1]:4010',
      '10.0.0.1:4010',
      '127.0.0.1:443',
    ]
    const isExempt = (host: string, port: number) => exceptions.includes(`${host}:${port}`)
    const allowed_domains = ['127.0.0.1', ...exceptions.slice(0, 5), 'api.acme.com:8443']
    const through = (url: string, base?: string) => {
      const connect = { allowed_domains, ...(base !== undefined && { base_proxy_target_url: base }) }
      const definition = { name_slug: 'acme', name: 'Acme', auth_type: 'none', auth: [], connect } as const
      return allowsTarget(parseTarget(url), compileApp(definition, { isExempt }), demo)
    }
    const passed = ['http://127.0.0.1:4010/', 'http://127.0.0.1:4011/', 'http://localhost:4010/', 'http://[::1]:4010/']
    const refused = ['http://127.0.0.1/', 'http://127.0.0.1:443/', 'http://10.0.0.1:4010/', 'http://api.acme.com:8443/']
    for (const base of [undefined, 'http://127.0.0.1:4010/v1']) {
      expect(passed.map((url) => through(url, base))).toEqual([true, true, true, true])
      expect(refused.map((url) => through(url, base))).toEqual([false, false, false, false])
    }
    expect(passed.map((url) => through(url, 'https://127.0.0.1:4010'))).toEqual([false, false, false, false])
    expect(through('https://127.0.0.1:4011/', 'https://127.0.0.1:4010')).toBe(true)
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
