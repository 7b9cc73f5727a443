// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own references look like this
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ParseOptions, parseConfig } from './config.js'

const key = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='

function parse(text: string, variables: Record<string, string> = {}, options?: ParseOptions) {
  return parseConfig(text, 'proxy.config.yaml', variables, options)
}

/** Every line of what is wrong. */
function faults(text: string, variables: Record<string, string> = {}): string[] {
  try {
    parse(text, variables, { strict: true })
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : []
  }
  return []
}

const whole = `
server: { host: 127.0.0.1, port: 4000, drainTimeout: 5s }
storage: { kind: memory }
rateLimiter: { kind: memory }
encryption: { keys: ["${key}"] }
tokens: { signingKeys: ["${key}"], lifetime: 30m }
network: { allowPrivate: ["127.0.0.1:4010"], hosts: { a.test: 127.0.0.1 }, dnsServers: ["127.0.0.1:53"] }
limits: { project: { requests: 7, window: 5m }, account: { requests: 3, window: 10s }, maxRequestBody: 2MiB }
projects:
  - id: proj_demo
    clients: [{ id: demo, secret: s, scopes: ["connect:proxy"] }]
    secretKeys: [{ environment: development, key: a-key-of-16-chars }]
apps:
  - name_slug: acme
    name: Acme
    auth_type: keys
    custom_fields: [{ name: api_key, type: password }]
    connect: { base_proxy_target_url: "http://127.0.0.1:4010", allowed_domains: ["api.acme.test"] }
    auth: [{ kind: header, name: x-api-key, value: "{{custom_fields.api_key}}" }]
accounts:
  - { project: proj_demo, environment: development, id: apn_1, external_user_id: u, app: acme, custom_fields: { api_key: 5 } }
`

describe('a configuration', () => {
  it('is read with its units and defaults', () => {
    const config = parse(whole)
    expect(config.server).toMatchObject({ port: 4000, drainTimeout: 5_000, keepAliveTimeout: 75_000 })
    expect(config.tokens?.lifetime).toBe(1_800_000)
    expect(config.limits).toMatchObject({
      project: { requests: 7, window: 300_000 },
      account: { requests: 3, window: 10_000 },
      maxRequestBody: 2 * 1024 * 1024,
      headTimeout: 30_000,
    })
    expect(config.publicUrl).toBe('http://127.0.0.1:4000')
    expect(config.registry.find('acme')?.slug).toBe('acme')
    expect(config.accounts[0]?.custom_fields).toEqual({ api_key: '5' })
  })

  it('may be empty, and has a limit then', () => {
    expect(parse('').limits.project).toEqual({ requests: 100, window: 60_000 })
    expect(parse('limits: { project: none }').limits.project).toBe('none')
  })

  it('may be JSON, with the lines of its faults', () => {
    expect(parse(JSON.stringify({ server: { port: 1 } })).server.port).toBe(1)
    expect(faults('{\n  "server": {\n    "prot": 1\n  }\n}')).toEqual([
      'proxy.config.yaml:3: server.prot: is not a known key',
    ])
  })
})

function secretOf(project: string, pointer = '/key'): string {
  return `{ project: ${project}, environment: development, account: apn_1, secret: s, custom_fields: { a: ${pointer} } }`
}

describe('the faults of a configuration', () => {
  it('are all told at once, with line and path, in the order of the file', () => {
    const text = `server:
  port: 99999
  prot: 1
storage: { kind: postgres }
limits:
  headTimeout: soon
  maxRequestBody: 3 apples
tokens:
  signingKeys: ["short", "\${SIGNING_KEY}"]
projects:
  - id: proj_demo
    clients:
      - { id: demo, secret: "\${SECRET}", scopes: [everything] }
apps:
  - name_slug: Acme
    name: Acme
    auth_type: keys
    connect: { allowed_domains: ["*.com"] }
    auth: [{ kind: magic }]
accounts: nothing
`
    expect(faults(text)).toEqual([
      'proxy.config.yaml:2: server.port: must be a whole number from 0 to 65535',
      'proxy.config.yaml:3: server.prot: is not a known key',
      'proxy.config.yaml:4: storage.kind: kind must be memory, redis or aws-secrets-manager',
      expect.stringMatching(/^proxy\.config\.yaml:6: limits\.headTimeout: must be a duration such as 500ms, 30s/),
      expect.stringMatching(/^proxy\.config\.yaml:7: limits\.maxRequestBody: must be a size such as 64KiB/),
      expect.stringMatching(/^proxy\.config\.yaml:9: tokens\.signingKeys\[0\]: must be an Ed25519 seed: 32 random/),
      'proxy.config.yaml:9: tokens.signingKeys[1]: the environment variable SIGNING_KEY is not set',
      'proxy.config.yaml:13: projects[0].clients[0].secret: the environment variable SECRET is not set',
      expect.stringMatching(/^proxy\.config\.yaml:13: projects\[0\]\.clients\[0\]\.scopes\[0\]: must be one of \*/),
      expect.stringMatching(/^proxy\.config\.yaml:15: apps\[0\]\.name_slug: must be lower-case/),
      expect.stringMatching(/^proxy\.config\.yaml:18: apps\[0\]\.connect\.allowed_domains\[0\]: /),
      expect.stringMatching(/^proxy\.config\.yaml:19: apps\[0\]\.auth\[0\]\.kind: /),
      expect.stringMatching(/^proxy\.config\.yaml:20: accounts: /),
    ])
  })

  it.each([
    ['a syntax error', 'server: {\n  port: [1\n', /:\d+: is not valid YAML/],
    ['a key that stands twice', 'server:\n  port: 1\n  port: 2\n', /:3: is not valid YAML/],
    ['something else than keys', '- 1\n', /:1: /],
    [
      'two projects of one id',
      `${whole}  \n`.replace('apps:', '  - { id: proj_demo }\napps:'),
      /projects\[1\]\.id: is the id/,
    ],
    [
      'a client without a secret',
      whole.replace(/, secret: [^,}]*/, ''),
      /clients\[0\]\.secret: must be a text, or a list/,
    ],
    ['clients without signing keys', whole.replace(/^tokens.*\n/m, ''), /tokens\.signingKeys is needed/],
    [
      'a file without sealing keys',
      whole.replace(/^encryption.*\n/m, '').replace('{ kind: memory }', '{ kind: memory, file: x }'),
      /:3: storage\.file: encryption\.keys is needed/,
    ],
    [
      'a name pattern without the account',
      whole.replace('{ kind: memory }', '{ kind: aws-secrets-manager, namePattern: "{project}/{environment}" }'),
      /:3: storage\.namePattern: The name pattern must hold \{project\}, \{environment\} and \{account\}/,
    ],
    [
      'a secret with a pointer that is none',
      whole.replace('{ kind: memory }', `{ kind: aws-secrets-manager, existing: [${secretOf('proj_demo', 'key')}] }`),
      /:3: storage\.existing\[0\]: "key" is not a JSON pointer/,
    ],
    [
      'two secrets of an account',
      whole.replace(
        '{ kind: memory }',
        `{ kind: aws-secrets-manager, existing: [${secretOf('proj_demo')}, ${secretOf('proj_demo')}] }`,
      ),
      /:3: storage\.existing\[1\]\.account: has a secret above/,
    ],
    [
      'a secret for a project that there is not',
      whole.replace('{ kind: memory }', `{ kind: aws-secrets-manager, existing: [${secretOf('other')}] }`),
      /:3: storage\.existing\[0\]\.project: is not the id of a project/,
    ],
    [
      'records in a file without sealing keys',
      whole
        .replace(/^encryption.*\n/m, '')
        .replace('{ kind: memory }', '{ kind: aws-secrets-manager, records: { kind: memory, file: x } }'),
      /:3: storage\.records\.file: encryption\.keys is needed/,
    ],
    [
      'a seed of an unknown project',
      whole.replace('project: proj_demo,', 'project: other,'),
      /:21: accounts\[0\]\.project/,
    ],
    ['a seed of an unknown app', whole.replace('app: acme', 'app: other'), /:21: accounts\[0\]\.app: other is not/],
    [
      'a custom field that is not declared',
      whole.replace('api_key: 5', 'api_key: 5, colour: red'),
      /custom_fields\.colour: is not a custom/,
    ],
    ['a custom field that is missing', whole.replace('{ api_key: 5 }', '{}'), /custom_fields: api_key is needed/],
    [
      'an exception that cannot be read',
      whole.replace('127.0.0.1:4010"]', '127.0.0.1:4010", "?"]'),
      /:7: network\.allowPrivate\[1\]/,
    ],
  ])('name %s', (_name, text, expected) => {
    expect(faults(text).join('\n')).toMatch(expected)
  })

  it('say of each type what it has to be', () => {
    const text = `tokens: {}
logs: { level: loud }
metrics: true
webhook: { url: https://hooks.example }
network: { allowPrivate: 10.0.0.0/8, hosts: [] }
projects:
  - name: Main
  - main
  - { id: p, name: "", clients: [{ id: a, secret: s, scopes: [] }], secretKeys: [{ key: k, id: "a b" }] }
apps: {}
nango: { localDevelopment: { project: 5, environment: production } }
accounts:
`
    expect(faults(text)).toEqual([
      'proxy.config.yaml:1: tokens.signingKeys: must be a list of Ed25519 seeds: 32 random bytes in base64, as "openssl rand -base64 32" prints them',
      'proxy.config.yaml:2: logs.level: must be one of silent, error, warn, info, debug',
      'proxy.config.yaml:3: metrics: must be keys with values',
      'proxy.config.yaml:4: webhook.secret: is required',
      'proxy.config.yaml:5: network.allowPrivate: must be a list',
      'proxy.config.yaml:5: network.hosts: must be keys with values',
      'proxy.config.yaml:7: projects[0].id: is required',
      'proxy.config.yaml:8: projects[1]: must be keys with values',
      'proxy.config.yaml:9: projects[2].name: must not be empty',
      'proxy.config.yaml:9: projects[2].clients[0].scopes: must name at least one scope',
      'proxy.config.yaml:9: projects[2].secretKeys[0].id: must be 1 to 128 of letters, digits and _ . ~ -',
      'proxy.config.yaml:10: apps: must be a list',
      'proxy.config.yaml:11: nango.localDevelopment.project: must be a text',
      'proxy.config.yaml:12: accounts: must be a list',
    ])
    expect(faults('metrics: { token: short }')).toEqual([
      'proxy.config.yaml:1: metrics.token: must have at least 16 characters',
    ])
    expect(faults(whole.replace('external_user_id: u', 'external_user_id: 42'))).toEqual([
      'proxy.config.yaml:21: accounts[0].external_user_id: must be the id of your end user, as a text',
    ])
    expect(faults(whole.replace('external_user_id: u', `external_user_id: ${'u'.repeat(513)}`))).toEqual([
      'proxy.config.yaml:21: accounts[0].external_user_id: must have at most 512 characters',
    ])
    expect(faults('- 1\n')).toEqual(['proxy.config.yaml:1: must be keys with values'])
    expect(faults(whole)).toEqual([])
  })

  it('never show a secret', () => {
    const text = whole
      .replace('secret: s', 'secret: [hunter2, ""], colour: hunter2')
      .replace('key: a-key', 'key: [hunter2')
    expect(faults(text).join('\n')).not.toContain('hunter2')
    expect(faults(text.replace('[hunter2-of-16-chars', '"hunter2"')).join('\n')).not.toContain('hunter2')
  })
})

describe('the end of a grant of an account', () => {
  const account = (credentials: string) => `projects: [{ id: p }]
accounts:
  - project: p
    environment: development
    id: apn_1
    external_user_id: u
    app: slack
    credentials:
      oauth_access_token: token
      ${credentials}`

  it.each(['expires_at: 1893456000', 'expires_at: "1893456000"', 'expires_at: 2030-01-01', 'expires_at: ""', 'a: b'])(
    'may be %s',
    (credentials) => {
      expect(faults(account(credentials))).toEqual([])
    },
  )

  it.each(['expires_at: soon', 'expires_at: true', 'expires_at: 99999999999999999999'])(
    'may not be %s',
    (credentials) => {
      expect(faults(account(credentials))).toEqual([
        'proxy.config.yaml:10: accounts[0].credentials.expires_at: must be an ISO 8601 date or epoch seconds',
      ])
    },
  )
})

describe('a faulty app', () => {
  const faulty = `
apps:
  - { name_slug: good, name: Good, auth_type: none, connect: { base_proxy_target_url: https://good.example } }
  - { name_slug: slack, name: Slack, auth_type: none, aliases: [github], connect: { allowed_domains: ["*.com"] } }
  - name_slug: keyed
    name: Keyed
    auth_type: none
    connect: { base_proxy_target_url: https://keyed.example }
    headers: { x-key: "\${MISSING}" }
projects: [{ id: p }]
accounts:
  - { project: p, environment: development, id: apn_1, external_user_id: u, app: slack }
  - { project: p, environment: development, id: apn_2, external_user_id: u, app: good }
`
  const lines = [
    expect.stringMatching(/^proxy\.config\.yaml:4: apps\[1\]\.connect\.allowed_domains\[0\]: must not open/),
    'proxy.config.yaml:9: apps[2].headers.x-key: the environment variable MISSING is not set',
    'proxy.config.yaml:12: accounts[0]: is left out, because its app slack is',
  ]

  it('is left out with its accounts, and the others work', () => {
    const { registry, accounts, leftOut } = parse(faulty)
    expect(leftOut).toEqual(lines)
    expect(registry.find('good')?.slug).toBe('good')
    expect(accounts.map(({ id }) => id)).toEqual(['apn_2'])
  })

  it('leaves none of its names to the catalogue', () => {
    const { registry } = parse(faulty)
    expect(['slack', 'github', 'keyed'].map((name) => registry.find(name))).toEqual([undefined, undefined, undefined])
    expect(parse('').registry.find('slack')?.slug).toBe('slack')
  })

  it('is a fault of the whole when that is asked for', () => {
    expect(faults(faulty)).toEqual(lines)
  })

  it('does not hide what is wrong elsewhere', () => {
    expect(() => parse(`${faulty}server: { port: none }\n`)).toThrow(/apps\[1\].*\n.*MISSING.*\n.*\n.*server\.port/)
  })
})

describe('the catalogue', () => {
  it('is there unless it is turned off, and gives way to an app of the same slug', () => {
    const own = 'apps: [{ name_slug: slack, name: Mine, auth_type: none, connect: {} }]'
    expect(parse('').registry.find('hubspot')?.definition.name).toBe('HubSpot')
    expect(parse('catalog: false').registry.list()).toEqual([])
    expect(parse(own).registry.find('slack')?.definition.name).toBe('Mine')
    expect(parse(own).registry.find('hubspot')?.slug).toBe('hubspot')
  })

  it('may be another one', () => {
    const entry = { name_slug: 'only', name: 'Only', auth_type: 'none', auth: [], connect: {} } as const
    expect(parse('', {}, { catalog: () => [entry] }).registry.list()).toMatchObject([{ slug: 'only' }])
  })

  it('has apps that accounts of the configuration may be of, with their fields', () => {
    const account = (fields: string) => `projects: [{ id: p }]
accounts: [{ project: p, environment: development, id: apn_1, external_user_id: u, app: zendesk_api_token, custom_fields: { ${fields} } }]`
    const names =
      parse('')
        .registry.find('zendesk_api_token')
        ?.definition.custom_fields?.map(({ name }) => name) ?? []
    expect(faults(account(names.map((name) => `${name}: acme`).join(', ')))).toEqual([])
    expect(faults(account('subdomain: "acme.evil.example"')).join('\n')).toContain('custom_fields.subdomain: must be')
  })
})

describe('references', () => {
  it('are replaced once, anywhere in a text, and $${ stands for ${', () => {
    const config = parse('projects: [{ id: "p_${A}", name: "$${A} ${B:-none} ${A}" }]', { A: '${B}1'.slice(4) })
    expect(config.projects[0]).toMatchObject({ id: 'p_1', name: '${A} none 1' })
    expect(parse('projects: [{ id: p, name: "${A}" }]', { A: '${B}' }).projects[0]?.name).toBe('${B}')
  })

  it('read files beside the configuration, without the newline at the end', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'))
    writeFileSync(join(folder, 'name'), 'from a file\n')
    const text = 'projects: [{ id: p, name: "${file:./name}" }, { id: q, name: "${file:missing}" }]'
    expect(() => parseConfig(text, join(folder, 'c.yaml'), {})).toThrow(
      /:1: projects\[1\]\.name: the file .*missing cannot/,
    )
    expect(parseConfig(text.replace('${file:missing}', 'q'), join(folder, 'c.yaml'), {}).projects[0]?.name).toBe(
      'from a file',
    )
  })

  it('may stand for numbers', () => {
    expect(parse('server: { port: "${PORT}" }', { PORT: '8080' }).server.port).toBe(8080)
  })

  it('of no known form are faults', () => {
    expect(faults('server: { host: "${env.HOST}" }')).toEqual([expect.stringContaining('is neither ${NAME} nor')])
  })
})
