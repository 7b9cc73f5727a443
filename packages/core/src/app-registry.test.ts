import { describe, expect, it } from 'vitest'
import type { AppDefinition } from './app-definition.js'
import { AppDefinitionError, compileApp, createAppRegistry, type DefinitionFault } from './app-registry.js'

const acme: AppDefinition = {
  name_slug: 'acme',
  name: 'Acme',
  auth_type: 'keys',
  custom_fields: [
    { name: 'subdomain', label: 'Subdomain', format: 'host-label' },
    { name: 'region', format: 'host-label', default: 'us1', optional: true },
    { name: 'api_key', label: 'API key', type: 'password' },
  ],
  connect: {
    proxy_enabled: true,
    base_proxy_target_url: 'https://{{custom_fields.subdomain}}.acme.com',
    allowed_domains: ['{{custom_fields.subdomain}}.acme.com'],
  },
  auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }],
  headers: { 'Acme-Version': '2026-01-01', 'acme-region': '{{custom_fields.region}}' },
  oauth: {
    token_url: 'https://{{custom_fields.subdomain}}.acme.com/oauth/token?x=1',
    client_auth: 'basic',
    pkce: true,
  },
  retry: {
    after: 'retry-after',
    remaining: 'x-ratelimit-remaining',
    at: ['x-ratelimit-reset'],
    error_code: ['403', '5xx', '500-502'],
  },
  limits: { requests: 100, window: '60s' },
  health: { path: '/v1/me' },
}
const plain: AppDefinition = {
  name_slug: 'plain',
  name: 'Plain',
  auth_type: 'none',
  connect: { base_proxy_target_url: 'https://api.plain.example/v1' },
  auth: [],
}

/** The faults of a definition, as `field message` lines. */
function faultsOf(definition: unknown): string[] {
  try {
    compileApp(definition as AppDefinition)
    return []
  } catch (error) {
    if (!(error instanceof AppDefinitionError)) throw error
    return error.faults.map(({ fault }) => `${fault.field} ${fault.message}`)
  }
}
const connect = (settings: object) => ({ ...acme, connect: settings })

describe('an app definition', () => {
  it('compiles to what a call needs', () => {
    const app = compileApp(acme)
    expect(app).toMatchObject({ slug: 'acme', proxyEnabled: true, base: { kind: 'template' }, redirects: 'follow' })
    expect(app.id).toMatch(/^app_[\da-f]{16}$/)
    expect(compileApp(acme).id).toBe(app.id)
    expect([...app.reservedHeaders]).toEqual(['x-api-key'])
    expect(app.headers.map(({ name, value }) => [name, value.text])).toEqual([
      ['acme-version', '2026-01-01'],
      ['acme-region', '{{custom_fields.region}}'],
    ])
    expect(app.limit).toEqual({ requests: 100, windowMs: 60_000 })
    expect(compileApp(plain).base).toMatchObject({
      kind: 'fixed',
      target: { origin: 'https://api.plain.example', path: '/v1' },
    })
    expect(compileApp({ ...plain, connect: {} }).base.kind).toBe('none')
  })

  it.each([
    [30, 30_000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['2d', 172_800_000],
  ])('reads a window of %s', (window, windowMs) => {
    expect(compileApp({ ...plain, limits: { requests: 1, window } }).limit).toEqual({ requests: 1, windowMs })
  })

  it('tells all its faults at once, each with its field', () => {
    const faults = faultsOf({
      name_slug: 'Acme!',
      nmae: 'Acme',
      auth_type: 'key',
      aliases: ['ok', 'no/slash'],
      featured_weight: Number.NaN,
      custom_fields: [{ name: '__proto__' }, { label: 'x' }, { name: 'a', format: 'ip' }, { name: 'a', pattern: '(a' }],
      connect: {
        base_proxy_target_url: 'https://{{custom_fields.nope}}.acme.com',
        allowed_domains: ['api.acme.com', '*.co.uk', 5],
        allowedDomains: [],
        allowed_ports: [0],
      },
      auth: [{ kind: 'headr' }, { name: 'x' }, { kind: 'header', name: 'host', value: 'x' }],
      headers: { host: 'x', 'a b': 'x', 'x-ok': 'fine', 'x-a': 1 },
      limits: { requests: 0, window: '1 minute' },
      retry: { error_code: ['abc'] },
      health: { path: 'v1/me' },
      oauth: { token_url: 'https://{{credentials.host}}/token', pkce: 'yes' },
    })
    const fields = faults.map((line) => line.split(' ')[0])
    expect(new Set(fields)).toEqual(
      new Set([
        ...['name', 'name_slug', 'nmae', 'auth_type', 'aliases[1]', 'featured_weight'],
        ...[
          'custom_fields[0].name',
          'custom_fields[1].name',
          'custom_fields[2].format',
          'custom_fields[3].name',
          'custom_fields[3].pattern',
        ],
        ...['connect.base_proxy_target_url', 'connect.allowed_domains[1]', 'connect.allowed_domains[2]'],
        ...['connect.allowedDomains', 'connect.allowed_ports[0]', 'auth[0].kind', 'auth[1].kind', 'auth[2].name'],
        ...['headers.host', 'headers.a', 'headers.x-a', 'limits.requests', 'limits.window', 'retry.error_code[0]'],
        ...['health.path', 'oauth.token_url', 'oauth.pkce'],
      ]),
    )
    expect(faults).toContain('connect.allowedDomains is unknown; did you mean allowed_domains?')
  })

  it.each([undefined, null, 5, 'x', [], new Map()])('%j is none', (definition) => {
    expect(faultsOf(definition)).not.toEqual([])
  })

  it.each([
    ['connect', { ...acme, connect: 'https://api.acme.com' }],
    ['connect', { ...acme, connect: null }],
    ['connect.allowed_domains', connect({ allowed_domains: 'api.acme.com' })],
    ['connect.base_proxy_target_url', connect({ base_proxy_target_url: ['https://api.acme.com'] })],
    ['custom_fields', { ...acme, custom_fields: {} }],
    ['custom_fields[0]', { ...acme, custom_fields: [null] }],
    ['auth', { ...acme, auth: { kind: 'bearer' } }],
    ['auth', { ...acme, auth: [] }],
    ['auth[0]', { ...acme, auth: ['bearer'] }],
    ['auth[0].kind', { ...acme, auth: [{ kind: 5 }] }],
    ['headers', { ...acme, headers: ['x: y'] }],
    ['limits', { ...acme, limits: 100 }],
    ['limits.window', { ...acme, limits: { requests: 1 } }],
    ['limits.window', { ...acme, limits: { requests: 1, window: 0 } }],
    ['limits.window', { ...acme, limits: { requests: 1, window: '0s' } }],
    ['health', { ...acme, health: '/me' }],
    ['health.path', { ...acme, health: { path: '//evil.example' } }],
    ['health.path', { ...acme, health: {} }],
    ['oauth', { ...acme, oauth: null }],
    ['redirects', { ...acme, redirects: 'never' }],
    ['id', { ...acme, id: 'acme' }],
    ['__proto__', JSON.parse(JSON.stringify(acme).replace('{', '{"__proto__":{"a":1},'))],
  ])('has a fault at %s', (field, definition) => {
    expect(faultsOf(definition).map((line) => line.split(' ')[0])).toContain(field)
  })
})

describe('auth and headers', () => {
  it.each([
    [
      { kind: 'header', name: 'x-key', value: '{{custom_fields.nope}}' },
      'auth[0].value uses custom_fields.nope, which the app does not have',
    ],
    [{ kind: 'header', name: 'x-key', value: '{{custom_fields.api_key' }, 'auth[0].value'],
    [{ kind: 'header', name: 'x-key', value: '{{custom_fields.api_key}}', extra: 1 }, 'auth[0].extra'],
  ])('refuse %j', (entry, fault) => {
    expect(faultsOf({ ...acme, auth: [entry] })).toEqual([expect.stringContaining(fault)])
  })

  it('refuse two entries that set the same header', () => {
    const entry = { kind: 'header', name: 'x-key', value: '{{custom_fields.api_key}}' }
    expect(faultsOf({ ...acme, auth: [entry, { ...entry, name: 'X-Key' }] })).toEqual([
      'auth[1] sets the header x-key, which auth[0] sets already',
    ])
    expect(faultsOf({ ...acme, auth: [entry, { ...entry, name: 'x-other' }] })).toEqual([])
  })

  it.each([
    'Host',
    'connection',
    'transfer-encoding',
    'Content-Length',
    'te',
    'authorization',
    'cookie',
    'proxy-x',
    'sec-x',
    'via',
    'a b',
    'a:',
    '',
    'caf\u00e9',
  ])('refuse %j as a default header', (name) => {
    expect(faultsOf({ ...acme, headers: { [name]: 'x' } })).toEqual([expect.stringContaining(`headers.${name} `)])
  })

  it.each([
    '{{custom_fields.api_key}}',
    '{{credentials.oauth_access_token}}',
    '{{base64(custom_fields.api_key)}}',
    '{{custom_fields.nope}}',
    'a\nb',
    '{{',
  ])('refuse %j as a default value', (value) => {
    expect(faultsOf({ ...acme, headers: { 'x-ok': 'fine', 'x-a': value } })).toEqual([
      expect.stringContaining('headers.x-a '),
    ])
  })
})

describe('custom fields', () => {
  const field = (settings: object) => ({ ...plain, custom_fields: [{ name: 'a', ...settings }] })

  it.each([
    {},
    { pattern: '^[a-z]+(-\\d+)?$', default: 'a-1' },
    { format: 'host', default: 'a.example' },
    { default: '' },
  ])('may have %j', (settings) => {
    expect(faultsOf(field(settings))).toEqual([])
  })

  it.each([
    [{ pattern: '(?=a)' }, 'custom_fields[0].pattern'],
    [{ pattern: '' }, 'custom_fields[0].pattern'],
    [{ pattern: 'a+', default: 'b' }, 'custom_fields[0].default must match a+'],
    [{ format: 'uuid', default: 'b' }, 'custom_fields[0].default must be a UUID'],
    [{ type: 'secret' }, 'custom_fields[0].type'],
    [{ name: 'constructor' }, 'custom_fields[0].name'],
    [{ name: 'a.b' }, 'custom_fields[0].name'],
    [{ name: '' }, 'custom_fields[0].name'],
  ])('may not have %j', (settings, fault) => {
    expect(faultsOf(field(settings))).toEqual([expect.stringContaining(fault)])
  })
})

describe('a registry', () => {
  it('finds apps by slug, alias and id, and lists them by slug', () => {
    const registry = createAppRegistry([{ ...plain, aliases: ['Plain App', 'plain:eu'] }, acme])
    expect(registry.find('plain')?.slug).toBe('plain')
    expect(registry.find('Plain App')).toBe(registry.find('plain'))
    expect(registry.find('PLAIN')).toBeUndefined()
    expect(registry.find('__proto__')).toBeUndefined()
    expect(registry.findById(registry.find('acme')?.id ?? '')?.slug).toBe('acme')
    expect(registry.findById('app_none')).toBeUndefined()
    expect(registry.list().map((app) => app.slug)).toEqual(['acme', 'plain'])
  })

  it('throws every fault of every definition together', () => {
    try {
      createAppRegistry([plain, { ...acme, name: '' }, { ...acme, name_slug: 5, auth: [] } as never])
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(AppDefinitionError)
      expect(error).toMatchObject({
        message: [
          'acme: name must be a non-empty string',
          'apps[2]: name_slug must be lower-case letters, digits, _ and -, at most 100, such as google_sheets',
          'apps[2]: auth needs an entry that places the credential, unless auth_type is none',
        ].join('\n'),
      })
    }
  })

  it('goes on without a faulty app when somebody takes the faults', () => {
    const faults: DefinitionFault[] = []
    const registry = createAppRegistry([{ ...acme, redirects: 'no' as never }, plain], {
      onFault: (fault) => faults.push(fault),
    })
    expect(registry.list().map((app) => app.slug)).toEqual(['plain'])
    expect(faults.map(({ app, index, fault }) => [app, index, fault.field])).toEqual([['acme', 0, 'redirects']])
  })

  describe('with a catalogue', () => {
    const entry = { ...plain, name_slug: 'entry', aliases: ['known', 'shared'] }
    const broken = { ...plain, name_slug: 'broken', redirects: 'no' as never }

    it('finds an entry by every name, and compiles it when it is first asked for', () => {
      const registry = createAppRegistry([acme], { catalog: [entry, broken] })
      expect(registry.list().map(({ slug, isFromCatalog }) => [slug, isFromCatalog])).toEqual([
        ['acme', false],
        ['broken', true],
        ['entry', true],
      ])
      const found = registry.find('known')
      expect(found?.slug).toBe('entry')
      expect([registry.find('entry'), registry.find('shared'), registry.findById(found?.id ?? '')]).toEqual([
        found,
        found,
        found,
      ])
      expect(() => registry.find('broken')).toThrow('broken: redirects')
    })

    it('leaves names to the host’s own definitions, also those of faulty ones', () => {
      const other = { ...plain, name_slug: 'other', aliases: ['entry-2', 'shared'] }
      const faulty = { ...plain, name_slug: 'third', aliases: ['fourth'], redirects: 'no' as never }
      const named = (name_slug: string) => ({ ...plain, name_slug })
      const registry = createAppRegistry([{ ...plain, name: 'Mine' }, other, faulty], {
        catalog: [named('plain'), named('entry-2'), named('third'), named('fourth'), named('fifth'), entry],
        onFault: () => undefined,
      })
      expect(registry.list().map(({ slug }) => slug)).toEqual(['entry', 'fifth', 'other', 'plain'])
      expect(registry.find('plain')?.definition.name).toBe('Mine')
      expect(registry.find('shared')?.slug).toBe('other')
      expect(registry.find('entry-2')?.slug).toBe('other')
      expect([registry.find('third'), registry.find('fourth')]).toEqual([undefined, undefined])
      expect(registry.find('fifth')?.slug).toBe('fifth')
    })
  })

  it.each([
    ['name_slug', { ...plain }],
    ['aliases[0]', { ...plain, name_slug: 'other', aliases: ['plain'] }],
    ['aliases[1]', { ...plain, name_slug: 'other', aliases: ['free', 'Plain App'] }],
    ['name_slug', { ...plain, name_slug: 'flat' }],
    ['id', { ...plain, name_slug: 'other', id: 'app_1' }],
  ])('refuses what is taken: %s', (field, second) => {
    const first = { ...plain, id: 'app_1', aliases: ['Plain App', 'flat'] }
    const faults: string[] = []
    const registry = createAppRegistry([first, second], {
      onFault: ({ fault }) => faults.push(`${fault.field} ${fault.message}`),
    })
    expect(faults).toEqual([`${field} is taken by the app plain`])
    expect(registry.list()).toHaveLength(1)
  })
})
