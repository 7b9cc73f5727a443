import { describe, expect, it } from 'vitest'
import type { Account } from '../account.js'
import type { App } from '../app.js'
import type { AppDefinition, ConnectSettings, CustomField } from '../app-definition.js'
import { compileApp } from '../app-registry.js'
import { ProxyError } from '../errors.js'
import type { ProxyCall } from '../ports/dialect.js'
import { Secret } from '../secret.js'
import { resolveTarget } from './resolve-target.js'

const isExempt = (host: string, port: number) => host === '127.0.0.1' && port === 4010

function app(connect: ConnectSettings, custom_fields: readonly CustomField[] = []): App {
  const definition: AppDefinition = {
    name_slug: 'acme',
    name: 'Acme',
    auth_type: 'none',
    auth: [],
    connect,
    custom_fields,
  }
  return compileApp(definition, { isExempt })
}

function account(customFields: Readonly<Record<string, string>> = {}): Account {
  return {
    project: 'proj_1',
    environment: 'production',
    id: 'apn_1',
    version: 1,
    externalUserId: 'user-1',
    app: 'acme',
    externalId: 'apn_1',
    name: undefined,
    values: new Secret({ customFields, credentials: {} }),
    oauthAppId: undefined,
    authorizedScopes: [],
    metadata: {},
    createdAt: 0,
    updatedAt: 0,
    expiresAt: undefined,
    lastRefreshedAt: undefined,
    dead: false,
    error: undefined,
  }
}

function call(target: string, settings: Partial<ProxyCall> = {}): ProxyCall {
  return {
    kind: 'proxy',
    bearer: undefined,
    method: 'GET',
    project: undefined,
    environment: undefined,
    account: { by: 'id', id: 'apn_1', externalUserId: 'user-1' },
    target,
    query: '',
    baseUrl: undefined,
    headers: [],
    contentType: undefined,
    rateLimitToken: undefined,
    retries: undefined,
    origin: undefined,
    answerHeaders: [],
    ...settings,
  }
}

/** The resolved URL, or the code, with the field that an account's error names. */
function outcome(asked: ProxyCall, of: App, by: Account): string {
  try {
    const target = resolveTarget(asked, of, by)
    return target.origin + target.path
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error
    return error.details?.field === undefined ? error.code : `${error.code} ${error.details.field}`
  }
}

describe('a fixed base', () => {
  const fixed = app({ base_proxy_target_url: 'https://api.acme.com/v1', allowed_domains: ['files.acme.com'] })

  it.each([
    ['/items?x=1', '', 'https://api.acme.com/v1/items?x=1'],
    ['/items', 'a=1&b=%20', 'https://api.acme.com/v1/items?a=1&b=%20'],
    ['https://api.acme.com/v2/items?x=1', 'a=1', 'https://api.acme.com/v2/items?x=1&a=1'],
    ['https://files.acme.com/x', '', 'https://files.acme.com/x'],
    ['https://other.example/x', '', 'https://other.example/x'],
    ['/../x', '', 'invalid_url'],
    ['//evil.example', '', 'invalid_url'],
    ['items', '', 'invalid_url'],
    ['https://user@api.acme.com/', '', 'invalid_url'],
    ['/items', 'a#b', 'invalid_url'],
  ])('with target %s and query "%s" makes %s', (target, query, expected) => {
    expect(outcome(call(target, { query }), fixed, account())).toBe(expected)
  })

  it.each([
    ['https://api.acme.com/v3', '/items', 'https://api.acme.com/v3/items'],
    ['https://files.acme.com', '/items', 'https://files.acme.com/items'],
    ['https://files.acme.com/a/', '/items', 'https://files.acme.com/a/items'],
    ['https://files.acme.com/a', '/../items', 'invalid_url'],
    ['https://evil.example', '/items', 'domain_not_allowed'],
    ['http://api.acme.com', '/items', 'domain_not_allowed'],
    ['https://api.acme.com:8443', '/items', 'domain_not_allowed'],
    ['https://127.0.0.1', '/items', 'domain_not_allowed'],
    ['https://api.acme.com?x=', '/items', 'invalid_url'],
    ['https://api.acme.com/a/..', '/items', 'invalid_url'],
    ['https://api.acme.com@evil.example', '/items', 'invalid_url'],
    ['/v3', '/items', 'invalid_url'],
    ['', '/items', 'invalid_url'],
    ['https://evil.example', 'https://api.acme.com/items', 'https://api.acme.com/items'],
  ])('gives way to the caller\u2019s base %s where that host is allowed', (baseUrl, target, expected) => {
    expect(outcome(call(target, { baseUrl }), fixed, account())).toBe(expected)
  })
})

describe('no base', () => {
  const none = app({ allowed_domains: ['api.acme.com'] })

  it.each([
    ['https://api.acme.com/x', undefined, 'https://api.acme.com/x'],
    ['/x', undefined, 'base_url_missing'],
    ['/x', 'https://api.acme.com/v1', 'https://api.acme.com/v1/x'],
    ['/x', 'https://evil.example/v1', 'domain_not_allowed'],
  ])('with target %s and base %s makes %s', (target, baseUrl, expected) => {
    expect(outcome(call(target, { baseUrl }), none, account())).toBe(expected)
  })
})

describe('a base with a label', () => {
  const shop = app(
    { base_proxy_target_url: 'https://{{custom_fields.shop}}.acme.com/admin', allowed_domains: ['static.acme.com'] },
    [{ name: 'shop' }],
  )

  it.each(['demo', 'Demo', 'demo-1', '1demo', 'x'.repeat(63), 'xn--mnchen-3ya'])('takes %s', (value) => {
    expect(outcome(call('/items'), shop, account({ shop: value }))).toBe(
      `https://${value.toLowerCase()}.acme.com/admin/items`,
    )
  })

  it.each([
    ...[
      '',
      'a.b',
      'evil.example/',
      'evil.example#',
      'evil.example?',
      'evil.example\\',
      'evil.example:443',
      'user@evil',
      'a b',
    ],
    ...[
      '-a',
      'a-',
      'a_b',
      'a%2eb',
      'a\t',
      'a\n',
      'a\0',
      'm\u00fcnchen',
      '\uff41',
      '\u212a',
      'a\u3002b',
      'a\u00ad',
      '.',
      '..',
      '*',
    ],
    ...[
      'x'.repeat(64),
      'xn--a',
      '{{custom_fields.shop}}',
      '{{credentials.token}}',
      '../',
      '//evil.example',
      'https://evil.example',
    ],
  ])('refuses %j, naming the field', (value) => {
    expect(outcome(call('/items'), shop, account({ shop: value }))).toBe('account_config_invalid custom_fields.shop')
  })

  it('needs the field, as the account\u2019s own text', () => {
    const named = 'account_config_invalid custom_fields.shop'
    expect(outcome(call('/items'), shop, account())).toBe(named)
    expect(outcome(call('/items'), shop, account(Object.create({ shop: 'demo' })))).toBe(named)
    expect(outcome(call('/items'), shop, account({ shop: 5 } as never))).toBe(named)
  })

  it.each([
    'https://demo.acme.com/admin/items',
    'https://static.acme.com/x',
    'https://evil.example/',
    'HTTPS://demo.acme.com/',
    'javascript:x',
  ])('takes relative paths only, not %s', (target) => {
    expect(outcome(call(target), shop, account({ shop: 'demo' }))).toBe('relative_path_required')
  })

  it.each(['//evil.example/', '/\\evil.example', '/../x', '/%2e%2e/x', 'x', ''])('refuses the path %j', (target) => {
    expect(outcome(call(target), shop, account({ shop: 'demo' }))).toBe('invalid_url')
  })

  it('gives way to the caller\u2019s base on its own or an allowed host alone', () => {
    const mine = account({ shop: 'demo' })
    expect(outcome(call('/x', { baseUrl: 'https://demo.acme.com' }), shop, mine)).toBe('https://demo.acme.com/x')
    expect(outcome(call('/x', { baseUrl: 'https://static.acme.com' }), shop, mine)).toBe('https://static.acme.com/x')
    expect(outcome(call('/x', { baseUrl: 'https://other.acme.com' }), shop, mine)).toBe('domain_not_allowed')
  })

  it('is each account\u2019s own, and follows a change of it', () => {
    const first = account({ shop: 'one' })
    expect(outcome(call('/x'), shop, first)).toBe('https://one.acme.com/admin/x')
    expect(outcome(call('/x'), shop, first)).toBe('https://one.acme.com/admin/x')
    expect(outcome(call('/x'), shop, account({ shop: 'two' }))).toBe('https://two.acme.com/admin/x')
    const moved = app({ base_proxy_target_url: 'https://{{custom_fields.shop}}.acme.example' }, [{ name: 'shop' }])
    expect(outcome(call('/x'), moved, first)).toBe('https://one.acme.example/x')
  })

  it('holds the field to its format and pattern, and knows its default', () => {
    const strict = app({ base_proxy_target_url: 'https://{{custom_fields.region}}.acme.com' }, [
      { name: 'region', format: 'host-label', pattern: '^(us|eu)\\d$', default: 'us1', optional: true },
    ])
    expect(outcome(call('/x'), strict, account({ region: 'eu2' }))).toBe('https://eu2.acme.com/x')
    expect(outcome(call('/x'), strict, account())).toBe('https://us1.acme.com/x')
    expect(outcome(call('/x'), strict, account({ region: 'ap1' }))).toBe('account_config_invalid custom_fields.region')
  })

  it('may have the label in the middle of one, and two of them with text between', () => {
    const both = app({ base_proxy_target_url: 'https://api-{{custom_fields.a}}.{{custom_fields.b}}.acme.com' }, [
      { name: 'a' },
      { name: 'b' },
    ])
    expect(outcome(call('/x'), both, account({ a: 'one', b: 'two' }))).toBe('https://api-one.two.acme.com/x')
    expect(outcome(call('/x'), both, account({ a: 'one', b: 'two.evil' }))).toBe(
      'account_config_invalid custom_fields.b',
    )
    expect(outcome(call('/x'), both, account({ a: 'x'.repeat(63), b: 'two' }))).toMatch(/^account_config_invalid/)
  })
})

describe('a base with a whole host', () => {
  const hosted = app({ base_proxy_target_url: 'https://{{custom_fields.host}}/api' }, [{ name: 'host' }])

  it.each(['git.example.com', 'GIT.Example.com', 'a.b.c.example.co.uk', 'example.com'])('takes %s', (host) => {
    expect(outcome(call('/x'), hosted, account({ host }))).toBe(`https://${host.toLowerCase()}/api/x`)
  })

  it.each([
    ...[
      '127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '192.0.2.1',
      '8.8.8.8',
      '127.1',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '[::1]',
      '::1',
    ],
    ...[
      'localhost',
      'a.localhost',
      'router.local',
      'db.internal',
      'metadata.google.internal',
      'nas.lan',
      'ad.corp',
      'x.home',
      'x.home.arpa',
    ],
    ...[
      'x.intranet',
      'x.private',
      'x.localdomain',
      'x.onion',
      '1.0.0.127.in-addr.arpa',
      'x.invalid',
      'intern',
      'kubernetes.default.svc',
    ],
    ...[
      'com',
      'co.uk',
      'github.io',
      'git.example.com.',
      '.example.com',
      'git..example.com',
      'git_1.example.com',
      'git.example.com:8443',
    ],
    ...[
      'https://git.example.com',
      'git.example.com/x',
      'user@git.example.com',
      'git.example.com#',
      'git.example.com?',
      'git.example.com\\x',
    ],
    ...['*.example.com', 'm\u00fcnchen.example', 'git.example.com\n', ' git.example.com', `${'a.'.repeat(130)}com`, ''],
  ])('refuses %j', (host) => {
    expect(outcome(call('/x'), hosted, account({ host }))).toBe('account_config_invalid custom_fields.host')
  })

  it('takes an address where the operator excepts it', () => {
    const local = app({ base_proxy_target_url: 'http://{{custom_fields.host}}:4010' }, [{ name: 'host' }])
    expect(outcome(call('/x'), local, account({ host: '127.0.0.1' }))).toBe('http://127.0.0.1:4010/x')
    expect(outcome(call('/x'), local, account({ host: '127.0.0.2' }))).toBe('account_config_invalid custom_fields.host')
  })
})

describe('a base that is wholly a field', () => {
  const own = app({ base_proxy_target_url: '{{custom_fields.base_url}}', allowed_ports: [8443] }, [
    { name: 'base_url' },
  ])

  it.each([
    ['https://git.example.com', 'https://git.example.com/x'],
    ['https://git.example.com/', 'https://git.example.com/x'],
    ['HTTPS://GIT.example.com/Api/v4/', 'https://git.example.com/Api/v4/x'],
    ['https://git.example.com:443/a', 'https://git.example.com/a/x'],
    ['https://git.example.com:8443/a', 'https://git.example.com:8443/a/x'],
    ['https://git.example.com/a%2Fb', 'https://git.example.com/a%2Fb/x'],
  ])('takes %s', (base_url, expected) => {
    expect(outcome(call('/x'), own, account({ base_url }))).toBe(expected)
  })

  it.each([
    ...[
      'http://git.example.com',
      'ftp://git.example.com',
      'git.example.com',
      '//git.example.com',
      'javascript:x',
      'file:///etc',
    ],
    ...['https://git.example.com:8444', 'https://git.example.com:80', 'https://git.example.com:22'],
    ...[
      'https://git.example.com?x=1',
      'https://git.example.com/?',
      'https://git.example.com/#',
      'https://git.example.com#x',
    ],
    ...['https://user:pass@git.example.com', 'https://git.example.com\\@evil.example', 'https://git.example.com/a\\b'],
    ...['https://git.example.com/a/../b', 'https://git.example.com/%2e%2e', 'https://git.example.com/.'],
    ...[
      'https://127.0.0.1',
      'https://127.0.0.1:8443',
      'https://[::1]',
      'https://127.1',
      'https://localhost',
      'https://x.internal',
    ],
    ...['https://intern', 'https://co.uk', 'https://{{custom_fields.host}}', '{{custom_fields.base_url}}', ''],
  ])('refuses %j', (base_url) => {
    expect(outcome(call('/x'), own, account({ base_url }))).toBe('account_config_invalid custom_fields.base_url')
  })

  it('may go on with more path', () => {
    const more = app({ base_proxy_target_url: '{{custom_fields.base_url}}/api/{{custom_fields.space}}' }, [
      { name: 'base_url', format: 'url' },
      { name: 'space' },
    ])
    const fields = { base_url: 'https://git.example.com/git/', space: 'a b/c' }
    expect(outcome(call('/x'), more, account(fields))).toBe('https://git.example.com/git/api/a%20b%2Fc/x')
    expect(outcome(call('/../x'), more, account(fields))).toBe('invalid_url')
    for (const space of ['', '.', '..', 'a\nb', 'a\\b', '\ud800']) {
      expect(outcome(call('/x'), more, account({ ...fields, space }))).toBe(
        'account_config_invalid custom_fields.space',
      )
    }
  })

  it('may be http where the app says so', () => {
    const open = app({ base_proxy_target_url: '{{custom_fields.base_url}}', allow_http: true, allowed_ports: [4010] }, [
      { name: 'base_url' },
    ])
    expect(outcome(call('/x'), open, account({ base_url: 'http://git.example.com' }))).toBe('http://git.example.com/x')
    expect(outcome(call('/x'), open, account({ base_url: 'http://127.0.0.1:4010' }))).toBe('http://127.0.0.1:4010/x')
    expect(outcome(call('/x'), open, account({ base_url: 'http://127.0.0.1' }))).toMatch(/^account_config_invalid/)
  })
})

describe('full URLs, for a dialect that takes them', () => {
  const takes = { takesFullUrls: true }
  const shops = app({ base_proxy_target_url: 'https://{{custom_fields.shop}}.acme.com/v1' }, [
    { name: 'shop', format: 'host-label' },
  ])
  const mine = account({ shop: 'demo' })

  it('are allowed where the base depends on the account', () => {
    const { origin, path } = resolveTarget(
      call('https://demo.acme.com/v1/a%2Fb', { ...takes, query: 'x=1' }),
      shops,
      mine,
    )
    expect(origin + path).toBe('https://demo.acme.com/v1/a%2Fb?x=1')
    expect(resolveTarget(call('https://other.acme.com/x', takes), shops, mine).host).toBe('other.acme.com')
  })

  it('cannot climb out of the base that they start with', () => {
    for (const path of ['/v1/../admin', '/v1/a/../../admin', '/v1/%2e%2e/admin', '/v1/..']) {
      expect(() => resolveTarget(call(`https://demo.acme.com${path}`, takes), shops, mine)).toThrow(ProxyError)
    }
    for (const path of ['/v1/a/../b', '/v1/a?q=/../x', '/v10/../x', '/v1']) {
      expect(resolveTarget(call(`https://demo.acme.com${path}`, takes), shops, mine).path).toBe(path)
    }
  })
})

describe('several bases', () => {
  const shops = app(
    {
      base_proxy_target_url:
        'https://{{custom_fields.host}}/api || https://{{custom_fields.shop}}.acme.com/api || https://acme.com',
    },
    [
      { name: 'host', optional: true },
      { name: 'shop', optional: true },
    ],
  )

  it.each([
    [{ host: 'own.example.com', shop: 'demo' }, 'https://own.example.com/api/x'],
    [{ shop: 'demo' }, 'https://demo.acme.com/api/x'],
    [{ host: '', shop: 'demo' }, 'https://demo.acme.com/api/x'],
    [{}, 'https://acme.com/x'],
  ])('the first whose fields the account has counts: %o', (fields, url) => {
    const mine = account(fields as Record<string, string>)
    const { origin, path } = resolveTarget(call('/x'), shops, mine)
    expect(origin + path).toBe(url)
    expect(() => resolveTarget(call('/x'), shops, account({ ...fields, host: 'evil.com/' }))).toThrow(ProxyError)
  })

  it('none may stand behind one that always fits, and each is held to the rules', () => {
    for (const base_proxy_target_url of [
      'https://acme.com || https://{{custom_fields.host}}',
      'https://{{custom_fields.host}} || http://10.0.0.1',
      'https://{{custom_fields.none}} || https://acme.com',
      'https://{{custom_fields.host}} || ',
    ]) {
      expect(() => app({ base_proxy_target_url }, [{ name: 'host' }])).toThrow()
    }
  })
})
