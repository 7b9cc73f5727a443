import { json, sequence, startUpstream, status, text, type Upstream } from '@proxy/test-support'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { command } from '../server/command.js'
import { appsOfEveryType, keys, nangoWorld } from './nango-town.js'

/** A host that records what it is asked, and answers what the test says. */
let host: Upstream

beforeEach(async () => {
  host = await startUpstream()
  host.answer('/integrations/keyed', status(404))
  host.answer('/integrations/granted', status(404))
})
afterEach(() => host.stop())

const world = () => nangoWorld(host.port, keys.target)
const row = (connection_id: string, provider_config_key = 'keyed') => ({
  connection_id,
  provider_config_key,
  provider: provider_config_key,
})
const secret = { credentials: { type: 'API_KEY', apiKey: 'canary-key' } }

/** The host lists these connections on its first page. */
function list(...rows: readonly object[]): void {
  host.answer('/connections', (response, { url }) =>
    json({ connections: url.includes('page=0') ? rows : [] })(response, {} as never),
  )
}

interface Options {
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly host?: string
}

async function move(more: readonly string[] = [], options: Options = {}) {
  const { folder = world().folder, environment = { NANGO_SECRET_KEY: keys.source } } = options
  const args = ['accounts', 'import', '--from', 'nango', '--host', options.host ?? `http://127.0.0.1:${host.port}`]
  const { output, ended } = command([...args, '--environment', 'development', ...more], { folder, environment })
  const code = await ended
  expect(output.out + output.error).not.toMatch(/canary|source-secret/)
  return { code, out: output.out.trim(), error: output.error.trim().split('\n') }
}

describe('what a host is asked', () => {
  it('is the list page by page, then each connection with its refresh token, with the key as bearer alone', async () => {
    list(row('a b/c'), row('a b/c'), row('d'))
    host.answer('/connections/a%20b%2Fc', json(secret))
    host.answer('/connections/d', json(secret))
    expect((await move()).out).toContain('2 created')
    expect(host.requests.map(({ method, url }) => [method, url])).toEqual([
      ['GET', '/connections?limit=500&page=0'],
      ['GET', '/connections?limit=500&page=1'],
      ['GET', '/integrations/keyed?include=credentials'],
      ['GET', '/connections/a%20b%2Fc?provider_config_key=keyed&refresh_token=true'],
      ['GET', '/connections/d?provider_config_key=keyed&refresh_token=true'],
    ])
    for (const request of host.requests) {
      expect(request.values('authorization')).toEqual([`Bearer ${keys.source}`])
      expect(request.url).not.toContain(keys.source)
    }
  })

  it('ends where every page is the same, and where pages hold fewer than were asked for', async () => {
    host.answer('/connections', json({ connections: [row('a')] }))
    host.answer('/connections/a', json(secret))
    expect((await move()).out).toContain('1 created')
    const folder = world().folder
    host.answer('/connections', (response, { url }) => {
      const page = Number(/page=(\d+)/.exec(url)?.[1])
      return json({ connections: page < 3 ? [row(`p${page}`)] : [] })(response, {} as never)
    })
    for (const page of [0, 1, 2]) host.answer(`/connections/p${page}`, json(secret))
    expect((await move([], { folder })).out).toContain('3 created')
  })

  it('is waited for as long as it says, in seconds or as a date, and as long as seems good', async () => {
    list(row('a'), row('b'), row('c'))
    const past = new Date(Date.now() - 60_000).toUTCString()
    host.answer('/connections/a', sequence(status(429, { 'retry-after': '0' }), json(secret)))
    host.answer('/connections/b', sequence(status(503, { 'retry-after': past }), json(secret)))
    host.answer('/connections/c', sequence(status(500), json(secret)))
    const { out, error } = await move()
    expect(out).toContain('3 created')
    expect(error).toEqual(
      expect.arrayContaining([
        'the host answers 429: again in 0 s',
        'the host answers 503: again in 0 s',
        'the host answers 500: again in 1 s',
        '3 connections',
      ]),
    )
  })

  it('is not waited for beyond reason; what is stored stays, and the next run goes on', async () => {
    list(row('a'), ...Array.from({ length: 9 }, (_, index) => row(`b${index}`)))
    for (const index of Array.from({ length: 9 }).keys()) host.answer(`/connections/b${index}`, json(secret))
    host.answer('/connections/a', json(secret))
    host.answer('/connections/b8', status(429, { 'retry-after': '3600' }))
    const { folder } = world()
    const early = await move([], { folder })
    expect([early.code, early.out]).toEqual([1, ''])
    expect(early.error).toContain('Ended early: the host answers 429 and asks for a wait of 3600 s.')
    expect(early.error).toContain('9 created, 0 replaced, 0 unchanged, 0 here already, 0 not taken over')
    expect(early.error.at(-1)).toBe('What was stored stays; the same command again goes on from there.')
    host.answer('/connections/b8', json(secret))
    host.forget()
    expect((await move([], { folder })).out).toBe(
      '1 created, 0 replaced, 0 unchanged, 9 here already, 0 not taken over',
    )
    expect(
      host.requests
        .filter(({ url }) => url.startsWith('/connections/'))
        .map(({ url }) => url.split('?')[0])
        .sort(),
    ).toEqual(['/connections/b8'])
  })
})

describe('what cannot be taken over', () => {
  it('is named with the reason, and the others are taken over', async () => {
    list(
      row('good'),
      row('gone'),
      row('dead'),
      row('odd'),
      row('wrong-type'),
      row('no-key'),
      row('not%allowed'),
      row('c', 'unknown'),
      row('c', 'not/allowed'),
      row('unrefreshable', 'granted'),
    )
    host.answer('/connections/good', json(secret))
    host.answer('/connections/gone', json({ error: { code: 'not_found', message: 'canary' } }, {}, 404))
    host.answer('/connections/dead', json({ error: { code: 'invalid_credentials' } }, {}, 424))
    host.answer('/connections/odd', text('<html>canary</html>'))
    host.answer(
      '/connections/wrong-type',
      json({ credentials: { type: 'BASIC', username: 'canary', password: 'canary' } }),
    )
    host.answer('/connections/no-key', json({ credentials: { type: 'API_KEY', extra: 'canary' } }))
    host.answer('/connections/unrefreshable', json({ credentials: { type: 'OAUTH2', raw: { scope: 'canary' } } }))
    const { code, error } = await move()
    expect(code).toBe(1)
    expect(error.filter((line) => /^[\w/%-]+: /.test(line) && !line.startsWith('note:')).sort()).toEqual([
      'granted/unrefreshable: credentials.access_token: is required',
      'keyed/dead: the host answers 424 invalid_credentials',
      'keyed/gone: the host answers 404 not_found',
      'keyed/no-key: credentials.apiKey: is required',
      expect.stringMatching(/^keyed\/not%allowed: connection_id: must be /),
      'keyed/odd: the host answers 200',
      'keyed/wrong-type: credentials.type: is BASIC, and keyed takes API_KEY',
      expect.stringMatching(/^not\/allowed\/c: provider_config_key: must be /),
      'unknown/c: provider: no app is called unknown here; define it, or name one with --apps unknown=SLUG',
    ])
    expect(error).toContain('note: keyed: credentials.extra has no use here and is left out')
    expect(error.at(-1)).toBe('1 created, 0 replaced, 0 unchanged, 0 here already, 9 not taken over')
  })

  it('what the answers of a host lack or have in odd forms is left out, not fatal', async () => {
    list({ connection_id: 'a', provider_config_key: 'keyed', created: 7, provider: null })
    host.answer(
      '/connections/a',
      json({ ...secret, metadata: 'x', tags: [1], end_user: { id: 5 }, connection_config: null, created_at: 'never' }),
    )
    const { folder } = world()
    expect((await move([], { folder })).out).toContain('1 created')
    const { output, ended } = command(['accounts', 'export', '--plain'], { folder })
    await ended
    expect(JSON.parse(output.out)).toMatchObject({
      external_id: 'a',
      external_user_id: 'a',
      app: 'keyed',
      metadata: { metadata: null, tags: {}, end_user: null },
    })
  })

  it('an end of a token that cannot be is noted and left out, and one that can be is kept', async () => {
    const token = { type: 'OAUTH2', access_token: 'canary-a' }
    list(row('a', 'granted'), row('b', 'granted'))
    host.answer('/connections/a', json({ credentials: { ...token, expires_at: 9e15 } }))
    host.answer('/connections/b', json({ credentials: { ...token, expires_at: 1_893_456_000 } }))
    const { folder } = world()
    const { out, error } = await move([], { folder })
    expect(out).toContain('2 created')
    expect(error).toContain('note: granted: credentials.expires_at has no use here and is left out')
    const { output, ended } = command(['accounts', 'export', '--plain'], { folder })
    await ended
    const lines = output.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.find(({ external_id: id }) => id === 'a')).not.toHaveProperty('expires_at')
    expect(lines.find(({ external_id: id }) => id === 'b')?.expires_at).toBe('2030-01-01T00:00:00.000Z')
  })

  it('credentials that keep what they need with the integration get it from there', async () => {
    list(row('a', 'old'), row('b', 'granted'))
    host.answer(
      '/connections/a',
      json({ credentials: { type: 'OAUTH1', oauth_token: 'canary-t', oauth_token_secret: 'canary-s' } }),
    )
    host.answer(
      '/connections/b',
      json({
        credentials: {
          type: 'OAUTH2',
          access_token: 'canary-a',
          refresh_token: 'canary-r',
          expires_at: '2020-01-01T00:00:00Z',
          raw: { scope: 'read write' },
        },
      }),
    )
    host.answer(
      '/integrations/old',
      json({ data: { credentials: { type: 'OAUTH1', client_id: 'canary-ck', client_secret: 'canary-cs' } } }),
    )
    host.answer(
      '/integrations/granted',
      json({
        data: {
          credentials: {
            type: 'OAUTH2',
            client_id: 'their-client',
            client_secret: 'canary-client-secret',
            scopes: 'read,write',
          },
        },
      }),
    )
    const own = nangoWorld(host.port, keys.target, appsOfEveryType(host.port))
    expect((await move([], { folder: own.folder })).out).toContain('2 created')
    const { output, ended } = command(['accounts', 'export', '--plain'], { folder: own.folder })
    await ended
    const lines = output.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.find(({ app }) => app === 'old')?.custom_fields).toEqual({
      consumer_key: 'canary-ck',
      consumer_secret: 'canary-cs',
    })
    expect(lines.find(({ app }) => app === 'granted')).toMatchObject({
      oauth_app_id: expect.stringMatching(/^oa_/),
      authorized_scopes: ['read', 'write'],
    })

    // The token is renewed with the client that it was given to.
    host.answer('/token', json({ access_token: 'renewed', refresh_token: 'r2', expires_in: 3600 }))
    const server = command(['serve'], { folder: own.folder })
    const url = /"url":"([^"]+)"/.exec(await server.until(/"msg":"listening"/))?.[1] ?? ''
    host.forget()
    const headers = { authorization: `Bearer ${keys.target}`, 'provider-config-key': 'granted', 'connection-id': 'b' }
    expect((await fetch(`${url}/proxy/things`, { headers })).status).toBe(200)
    const [token, call] = host.requests
    expect(token?.url).toBe('/token')
    const sent = [
      token?.body.toString(),
      ...(token?.values('authorization') ?? []).map((value) => Buffer.from(value.slice(6), 'base64').toString()),
    ].join(' ')
    expect(sent).toContain('their-client')
    expect(sent).toContain('canary-client-secret')
    expect(call?.values('authorization')).toEqual(['Bearer renewed'])
  })

  it('a client that the host does not tell is noted, once', async () => {
    const apps = appsOfEveryType(host.port)
      .filter(({ name_slug: slug }) => slug === 'granted')
      .map((app) => ({ ...app, oauth: { token_url: `http://127.0.0.1:${host.port}/token` } }))
    list(row('a', 'granted'), row('b', 'granted'))
    for (const id of ['a', 'b'])
      host.answer(
        `/connections/${id}`,
        json({ credentials: { type: 'OAUTH2', access_token: 'canary-a', refresh_token: 'canary-r' } }),
      )
    const { folder } = nangoWorld(host.port, keys.target, apps)
    const { code, error } = await move([], { folder })
    expect(code).toBe(0)
    expect(error.filter((line) => line.startsWith('note:'))).toEqual([
      'note: granted: the host does not tell its OAuth client: give it to this server, or tokens cannot be renewed here',
    ])
  })
})

describe('a host that cannot be read', () => {
  it.each([
    ['refuses the key', status(401), /refuses the key \(401\)/],
    ['refuses the key', status(403), /refuses the key \(403\)/],
    ['redirects', status(302, { location: 'http://elsewhere.example/' }), /redirects \(302\)/],
    ['is no Nango', text('hello'), /does not list connections \(200\)/],
    ['is no Nango', json({ connections: 5 }), /does not list connections \(200\)/],
    ['lists what is none', json({ connections: [{ id: 1 }] }), /without connection_id/],
  ])('%s', async (_, answer, expected) => {
    host.answer('/connections', answer)
    const { code, out, error } = await move()
    expect([code, out]).toEqual([1, ''])
    expect(error.join('\n')).toMatch(expected)
    expect(host.requests).toHaveLength(1)
  })

  it.each([
    [['--key', 'source-secret'], {}, /Unknown option '--key'/],
    [[], { environment: {} }, /NANGO_SECRET_KEY holds none/],
    [['--key-env', 'OTHER'], {}, /OTHER holds none/],
    [['--key-file', 'missing'], {}, /missing cannot be read/],
    [['--key-env', 'A', '--key-file', 'b'], {}, /exclude each other/],
    [[], { host: 'ftp://x' }, /--host must be/],
    [[], { host: 'http://user:pw@x' }, /--host must be/],
    [['--apps', 'x'], {}, /KEY=SLUG/],
    [['--project', 'proj_9'], {}, /no project "proj_9"/],
    [['file.jsonl'], {}, /is too much/],
  ] as const)('%j is not understood', async (more, options, expected) => {
    const { code, error } = await move(more, options)
    expect(code).toBe(2)
    expect(error.join('\n')).toMatch(expected)
    expect(host.requests).toEqual([])
  })

  it('the key may come from a file, and only some integrations be moved', async () => {
    const { folder, write } = world()
    write('key', [keys.source])
    list(row('a'), row('b', 'granted'))
    host.answer('/connections/a', json(secret))
    const { out } = await move(['--key-file', `${folder}/key`, '--only', 'keyed,other'], { folder, environment: {} })
    expect(out).toContain('1 created')
    expect(host.requests[0]?.values('authorization')).toEqual([`Bearer ${keys.source}`])
    expect(host.requests.some(({ url }) => url.includes('granted'))).toBe(false)
  })
})
