import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { json, startUpstream, status } from '@proxy/test-support'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { command, temporaryFolder } from '../server/command.js'

interface Ran {
  readonly status: number | string
  readonly out: string
  readonly error: string
}

async function run(args: readonly string[], folder = temporaryFolder(), input?: string): Promise<Ran> {
  const { child, output, ended } = command(['apps', ...args], { folder })
  child.stdin?.end(input)
  return { status: await ended, ...output }
}

describe('apps list and search', () => {
  it('know the catalogue without a configuration', async () => {
    const { status, out } = await run(['list', '--json'])
    const rows = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { slug: string; from: string })
    expect(status).toBe(0)
    expect(rows.length).toBeGreaterThanOrEqual(300)
    expect(rows.map(({ slug }) => slug)).toEqual(expect.arrayContaining(['slack', 'github', 'stripe']))
    expect(rows.every(({ from }) => /^catalogue \((?:vendor|two-sources|one-source|probed)\)$/.test(from))).toBe(true)
  })

  it('show those of a category, those of the configuration, and what a name or host finds', async () => {
    const folder = temporaryFolder()
    const own =
      'apps: [{ name_slug: mine, name: My CRM, auth_type: none, categories: [crm], connect: {}, auth: [{ kind: none }] }]'
    writeFileSync(join(folder, 'proxy.config.yaml'), own)
    const crm = await run(['list', '--category', 'crm'], folder)
    expect(crm.out).toMatch(/^SLUG +NAME +AUTH +CATEGORIES +FROM\n/)
    expect(crm.out).toMatch(/^mine +My CRM +none +crm +configuration$/m)
    expect(crm.out).toMatch(/^hubspot +HubSpot/m)
    expect(crm.out).not.toMatch(/^slack /m)
    expect((await run(['search', 'google-sheet'])).out).toMatch(/^google_sheets /m)
    expect((await run(['search', 'hooks.slack.example'])).status).toBe(1)
    expect((await run(['search', 'api.notion.com'])).out).toMatch(/^notion /m)
  })

  it.each([
    [[]],
    [['lst']],
    [['show']],
    [['search']],
    [['list', 'x']],
    [['show', 'no-such-app']],
    [['import', 'raml', 'x']],
  ])('end with 2 for %j', async (args) => {
    const { status, error } = await run(args)
    expect(status).toBe(2)
    expect(error).toContain('api-proxy --help')
  })
})

describe('apps show', () => {
  it('prints an entry as a definition that can be put into a configuration', async () => {
    const folder = temporaryFolder()
    const shown = await run(['show', 'google-sheet'], folder)
    expect(shown.out).toMatch(/^# google_sheets, from the catalogue: /)
    writeFileSync(join(folder, 'proxy.config.yaml'), shown.out)
    expect(await run(['check'], folder)).toMatchObject({
      status: 0,
      out: expect.stringContaining('1 apps of the configuration'),
    })
    expect((await run(['list'], folder)).out).toMatch(/^google_sheets .* configuration$/m)
    expect(JSON.parse((await run(['show', 'slack', '--json'])).out)).toMatchObject({
      name_slug: 'slack',
      provenance: {},
    })
  })

  it('shows no secret of an app of the configuration', async () => {
    const folder = temporaryFolder()
    const own = {
      name_slug: 'mine',
      name: 'Mine',
      auth_type: 'oauth',
      custom_fields: [{ name: 'pin', type: 'password', default: 'canary-0' }],
      connect: { base_proxy_target_url: 'https://mine.example' },
      headers: { 'x-a': 'canary-1' },
      auth: [
        { kind: 'bearer' },
        { kind: 'header', name: 'x-b', value: "{{custom_fields.pin}}canary-2{{upper('canary-3')}}" },
      ],
      oauth: { token_url: 'https://mine.example/token', client_id: 'canary-4', client_secret: 'canary-5' },
    }
    writeFileSync(join(folder, 'proxy.config.yaml'), JSON.stringify({ apps: [own] }))
    for (const args of [
      ['show', 'mine'],
      ['show', 'mine', '--json'],
    ]) {
      const { out } = await run(args, folder)
      expect(out).toContain('https://mine.example/token')
      expect(out).toContain('x-b')
      expect(out.toLowerCase()).not.toContain('canary')
    }
  })
})

describe('apps check', () => {
  it('names file, field and fix of every fault, in the configuration and in files', async () => {
    const folder = temporaryFolder()
    const bad =
      '{ name_slug: bad, name: Bad, auth_type: none, connect: { allowed_domains: ["*.com"] }, auth: [{ kind: none }] }'
    const good = bad.replace('*.com', 'api.good.example').replaceAll('bad', 'good')
    writeFileSync(join(folder, 'proxy.config.yaml'), `apps:\n  - ${good}\n  - ${bad}\n`)
    writeFileSync(join(folder, 'one.yaml'), bad)
    writeFileSync(join(folder, 'fine.yaml'), `apps: [${good}]`)
    const whole = await run(['check'], folder)
    expect(whole.status).toBe(1)
    expect(whole.error).toMatch(
      /proxy\.config\.yaml:3: apps\[1\]\.connect\.allowed_domains\[0\]: must not open the whole/,
    )
    const one = await run(['check', 'one.yaml', 'fine.yaml'], folder)
    expect(one.status).toBe(1)
    expect(one.error).toBe('one.yaml:1: connect.allowed_domains[0]: must not open the whole of com\n')
    expect(await run(['check', 'fine.yaml'], folder)).toMatchObject({ status: 0 })
    expect(await run(['check', 'none.yaml'], folder)).toMatchObject({ status: 1 })
    writeFileSync(join(folder, 'section.yaml'), `apps:\n  - ${good}\n  - ${bad}\n  - Good\n`)
    writeFileSync(join(folder, 'list.yaml'), `- ${good}\n-\n  name_slug: ${'a'.repeat(101)}\n  name: 5\n`)
    writeFileSync(join(folder, 'broken.yaml'), 'apps:\n  - [\n')
    const all = await run(['check', 'section.yaml', 'list.yaml', 'broken.yaml'], folder)
    expect(all.error.split('\n').map((line) => line.split(': ', 2).join(': '))).toEqual([
      'section.yaml:3: apps[1].connect.allowed_domains[0]',
      'section.yaml:4: apps[2]',
      'list.yaml:3: [1].auth_type',
      'list.yaml:3: [1].connect',
      'list.yaml:3: [1].name_slug',
      'list.yaml:4: [1].name',
      'broken.yaml:3: is not valid YAML',
      '',
    ])
  })
})

describe('apps new', () => {
  it('makes a sound definition of flags', async () => {
    const folder = temporaryFolder()
    const flags = ['--name', 'Acme', '--slug', 'acme', '--base', 'https://api.acme.com/v1', '--auth', 'header:x-key']
    expect(await run(['new', ...flags, '--out', 'acme.yaml'], folder)).toMatchObject({
      status: 0,
      out: 'Wrote acme.yaml.\n',
    })
    expect(parse(readFileSync(join(folder, 'acme.yaml'), 'utf8'))).toEqual({
      apps: [
        {
          name_slug: 'acme',
          name: 'Acme',
          auth_type: 'keys',
          custom_fields: [{ name: 'api_key', label: 'API key', type: 'password' }],
          connect: { base_proxy_target_url: 'https://api.acme.com/v1' },
          auth: [{ kind: 'header', name: 'x-key', value: '{{custom_fields.api_key}}' }],
        },
      ],
    })
    expect((await run(['check', 'acme.yaml'], folder)).status).toBe(0)
    expect((await run(['new', ...flags, '--out', 'acme.yaml'], folder)).status).toBe(1)
  })

  it.each([
    ['bearer', [{ kind: 'bearer', token: '{{custom_fields.api_key}}' }]],
    ['basic', [{ kind: 'basic' }]],
    ['query:key', [{ kind: 'query', name: 'key', value: '{{custom_fields.api_key}}' }]],
    ['none', [{ kind: 'none' }]],
  ])('places a credential as %s', async (auth, expected) => {
    const { out } = await run(['new', '--name', 'A', '--base', 'https://a.example', '--auth', auth])
    expect(parse(out)).toMatchObject({ apps: [{ name_slug: 'a', auth: expected }] })
  })

  it('asks for what no flag says', async () => {
    const answers =
      'Acme CRM\n\nhttps://api.acme.com\noauth2\nhttps://acme.com/authorize\nhttps://acme.com/token\n/v1/me\n'
    const { status, out, error } = await run(['new'], temporaryFolder(), answers)
    expect(status).toBe(0)
    expect(error).toContain('Slug, by which accounts name it [acme_crm]: ')
    expect(parse(out)).toEqual({
      apps: [
        {
          name_slug: 'acme_crm',
          name: 'Acme CRM',
          auth_type: 'oauth',
          connect: { base_proxy_target_url: 'https://api.acme.com' },
          auth: [{ kind: 'bearer' }],
          oauth: { authorize_url: 'https://acme.com/authorize', token_url: 'https://acme.com/token' },
          health: { path: '/v1/me' },
        },
      ],
    })
  })

  it.each([
    [['--name', 'A'], '', '--base is needed'],
    [
      ['--name', 'A', '--base', 'https://10.0.0.1'],
      '',
      'connect.base_proxy_target_url has a host that must not be an IP',
    ],
    [['--name', 'A', '--base', 'https://a.example', '--auth', 'magic'], '', '--auth is bearer'],
  ])('says what is wrong with %j', async (flags, input, expected) => {
    const { status, error } = await run(['new', ...flags], temporaryFolder(), input)
    expect(status).toBe(2)
    expect(error).toContain(expected)
  })
})

describe('apps probe', () => {
  const me = '/v1/me'
  let port: number

  async function world(answers: Readonly<Record<string, ReturnType<typeof json>>>) {
    const upstream = await startUpstream()
    onTestFinished(() => upstream.stop())
    for (const [path, answer] of Object.entries(answers)) upstream.answer(path, answer)
    port = upstream.port
    const origin = `http://127.0.0.1:${port}`
    const app = {
      name_slug: 'mine',
      name: 'Mine',
      auth_type: 'oauth',
      connect: { base_proxy_target_url: origin },
      headers: { 'x-version': '7' },
      auth: [{ kind: 'bearer' }],
      oauth: { authorize_url: `${origin}/authorize`, token_url: `${origin}/token` },
      health: { path: me },
    }
    const folder = temporaryFolder()
    const config = { network: { allowPrivate: [`127.0.0.1:${port}`] }, apps: [app] }
    writeFileSync(join(folder, 'proxy.config.yaml'), JSON.stringify(config))
    return { upstream, folder }
  }

  const refuses = json({}, { 'www-authenticate': 'Bearer realm="x"' }, 401)
  const badGrant = json({ error: 'invalid_grant' }, {}, 400)
  const metadata = (origin: string, over: object = {}) =>
    json({ token_endpoint: `${origin}/token`, authorization_endpoint: `${origin}/authorize`, ...over })

  it('asks three questions without a credential, and writes what it found as data', async () => {
    const { upstream, folder } = await world({ [me]: refuses, '/token': badGrant })
    const origin = `http://127.0.0.1:${port}`
    upstream.answer('/.well-known/oauth-authorization-server', status(404))
    upstream.answer(
      '/.well-known/openid-configuration',
      metadata(origin, { revocation_endpoint: 'https://mine.example/revoke' }),
    )
    const ran = await run(['probe', 'mine', '--out', 'patch.yaml'], folder)
    expect(ran).toMatchObject({ status: 0, error: '' })
    expect(ran.out).toMatch(/^mine +probed +agrees: 401 Bearer +agrees: 400 invalid_grant +agrees: endpoints$/m)
    expect(parse(readFileSync(join(folder, 'patch.yaml'), 'utf8'))).toEqual({
      mine: {
        oauth: { revoke_url: 'https://mine.example/revoke' },
        provenance: { level: 'probed', checked: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) },
      },
    })
    expect(upstream.requests.some((request) => request.values('authorization').length > 0)).toBe(false)
    expect(upstream.requests.find(({ url }) => url === me)?.values('x-version')).toEqual(['7'])
  })

  it.each<[string, Readonly<Record<string, ReturnType<typeof json>>>, RegExp]>([
    ['an API that asks for nothing', { [me]: json({}), '/token': badGrant }, /differs: 200 without a credential/],
    ['a health path that is not there', { [me]: status(404), '/token': badGrant }, /differs: 404/],
    ['a token endpoint that is not there', { [me]: refuses, '/token': status(404) }, /differs: 404: no endpoint/],
    [
      'metadata with another endpoint',
      {
        [me]: refuses,
        '/token': badGrant,
        '/.well-known/oauth-authorization-server': json({ token_endpoint: 'https://other.example/token' }),
      },
      /differs: token_url is https:\/\/other\.example\/token/,
    ],
  ])('ends with 1 for %s, and patches nothing', async (_name, answers, expected) => {
    const { folder } = await world(answers)
    const ran = await run(['probe', 'mine', '--out', 'patch.yaml'], folder)
    expect(ran.status).toBe(1)
    expect(ran.error).toMatch(expected)
    expect(parse(readFileSync(join(folder, 'patch.yaml'), 'utf8'))).toEqual({})
  })

  it('says that it is unclear when another scheme is asked for', async () => {
    const basic = json({}, { 'www-authenticate': 'Basic realm="x"' }, 401)
    const { folder } = await world({ [me]: basic, '/token': badGrant })
    const { status, out } = await run(['probe', 'mine', '--json'], folder)
    expect(status).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ app: 'mine', result: 'open', findings: [{ verdict: 'unclear' }, {}, {}] })
  })

  it('says so when nothing can be reached', async () => {
    const { folder, upstream } = await world({})
    await upstream.stop()
    const { status, error } = await run(['probe', 'mine'], folder)
    expect(status).toBe(1)
    expect(error).toContain('probing needs a machine with internet access')
  })
})

it.each(['list', 'search', 'show', 'check', 'probe', 'import', 'new'])('the help names apps %s', async (name) => {
  const help = command(['--help'])
  expect(await help.ended).toBe(0)
  expect(help.output.out).toContain(`api-proxy apps ${name}`)
})
