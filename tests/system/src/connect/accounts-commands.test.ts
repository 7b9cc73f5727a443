import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { json, startUpstream, status } from '@proxy/test-support'
import { describe, expect, it, onTestFinished } from 'vitest'
import { command } from '../server/command.js'
import { commandWorld, key, project } from './command-world.js'

const secret = 'key-of-the-account-77c2'
const scope = { project, environment: 'development' }
const acme = { ...scope, external_user_id: 'u1', app: 'acme', custom_fields: { api_key: secret } }

describe('accounts import', () => {
  it('stores the accounts of a file, and nothing more when it is run again', async () => {
    const world = commandWorld()
    const grant = { oauth_access_token: 'at', oauth_refresh_token: 'rt', expires_at: '2030-01-01T00:00:00Z' }
    world.write('accounts.jsonl', [
      { ...acme, id: 'apn_1', name: 'Mine', metadata: { plan: 'gold' } },
      { ...acme, external_user_id: 'u2', custom_fields: { api_key: secret, seats: 5 } },
      { ...scope, external_user_id: 'u1', app: 'shop', credentials: grant, authorized_scopes: ['read'] },
    ])
    const first = await world.run('accounts', 'import', 'accounts.jsonl')
    expect([first.status, first.out]).toEqual([0, '3 created, 0 replaced, 0 unchanged, 0 kept as they are\n'])
    expect(first.error).toBe('3 accounts\n')
    const again = await world.run('accounts', 'import', 'accounts.jsonl')
    expect(again.out).toBe('0 created, 0 replaced, 3 unchanged, 0 kept as they are\n')
    const listed = await world.run('accounts', 'list')
    expect(listed.out).toMatch(/^apn_1 +proj_1 +development +acme +u1 +healthy$/m)
    expect(listed.out).toMatch(/shop +u1 +healthy +2030-01-01T00:00:00.000Z/)
    for (const { out, error } of [first, again, listed]) expect(out + error).not.toContain(secret)
  })

  it('keeps an account that is there, unless it is told to replace it', async () => {
    const world = commandWorld()
    world.write('one.jsonl', [{ ...acme, id: 'apn_1' }])
    world.write('other.jsonl', [{ ...acme, id: 'apn_1', custom_fields: { api_key: 'other' } }])
    await world.run('accounts', 'import', 'one.jsonl')
    expect((await world.run('accounts', 'import', 'other.jsonl')).out).toContain('1 kept as they are (--replace')
    expect((await world.run('accounts', 'export', '--plain')).out).toContain(secret)
    expect((await world.run('accounts', 'import', 'other.jsonl', '--replace')).out).toContain('1 replaced')
    expect((await world.run('accounts', 'export', '--plain')).out).not.toContain(secret)
  })

  it('tells every fault with its line, never with a value, and then stores nothing', async () => {
    const world = commandWorld()
    world.write('faulty.jsonl', [
      { ...acme, id: 'apn_1' },
      '',
      { ...acme, custom_fields: { colour: secret, seats: secret } },
      { ...acme, app: 'nothing', environment: 'staging', password: secret },
      { external_user_id: 'u1', app: 'shop' },
      `{"external_user_id": "${secret}`,
      { ...acme, id: 'apn_1' },
      { ...acme, project: 'proj_9' },
    ])
    const { status: code, out, error } = await world.run('accounts', 'import', 'faulty.jsonl')
    expect([code, out]).toEqual([1, ''])
    expect(error.trim().split('\n')).toEqual([
      'faulty.jsonl:3: custom_fields.colour: is not a custom field of acme',
      'faulty.jsonl:3: custom_fields.api_key: is required',
      'faulty.jsonl:3: custom_fields.seats: must be a whole number',
      'faulty.jsonl:4: environment: must be development or production',
      'faulty.jsonl:4: password: is not a known key',
      'faulty.jsonl:4: app: nothing is not the name_slug of a known app',
      'faulty.jsonl:4: environment: is needed, here or as --environment',
      'faulty.jsonl:5: project: is needed, here or as --project',
      'faulty.jsonl:5: environment: is needed, here or as --environment',
      'faulty.jsonl:5: credentials.oauth_access_token: is required',
      'faulty.jsonl:6: the line: must be a JSON object',
      'faulty.jsonl:7: id: is the same as on line 1',
      'faulty.jsonl:7: external_id: is the same as on line 1',
      'faulty.jsonl:8: project: proj_9 is not in the configuration',
      'Nothing was stored.',
    ])
    expect((await world.run('accounts', 'list')).out.trim().split('\n')).toHaveLength(1)
  })

  it('takes standard input, and scope for lines that name none; a dry run stores nothing', async () => {
    const world = commandWorld()
    const pipe = (...args: readonly string[]) => {
      const started = command(['accounts', 'import', '-', ...args], { folder: world.folder })
      started.child.stdin?.end('{"external_user_id":"u1","app":"acme","custom_fields":{"api_key":"k"}}')
      return started
    }
    const wish = ['--project', project, '--environment', 'production']
    const dry = pipe(...wish, '--dry-run')
    expect([await dry.ended, dry.output.out]).toEqual([0, expect.stringContaining('None was stored.')])
    const real = pipe(...wish)
    expect([await real.ended, real.output.out]).toEqual([0, expect.stringContaining('1 created')])
    expect((await world.run('accounts', 'list', '--environment', 'production')).out).toContain('u1')
    expect((await world.run('accounts', 'list', '--environment', 'development')).out).not.toContain('u1')
  })

  it.each([
    [['accounts'], /accounts takes one of/],
    [['accounts', 'import'], /needs a file/],
    [['accounts', 'import', 'nothing.jsonl'], /There is no file/],
    [['accounts', 'import', 'a', 'b'], /is too much/],
    [['accounts', 'import', 'proxy.config.yaml', '--from', 'csv'], /--from is one of jsonl/],
    [['accounts', 'list', '--project', 'proj_9'], /no project "proj_9"/],
    [['accounts', 'list', '--environment', 'staging'], /development or production/],
    [['accounts', 'list', '--colour'], /--colour/],
    [['keys', 'forge'], /keys takes one of/],
  ])('%j is not understood', async (args, expected) => {
    const { status: code, error } = await commandWorld().run(...args)
    expect(code).toBe(2)
    expect(error).toMatch(expected)
  })

  it('says so when nothing is kept', async () => {
    const world = commandWorld(9, { storage: { kind: 'memory' } })
    const { status: code, error } = await world.run('accounts', 'list')
    expect([code, error]).toEqual([1, expect.stringContaining('storage.file is not set')])
  })
})

describe('accounts export', () => {
  it('seals by default, and what it wrote can be imported elsewhere with the same key, and not as another account', async () => {
    const keys = [key()]
    const world = commandWorld(9, { encryption: { keys } })
    const whole = {
      ...acme,
      id: 'apn_1',
      external_id: 'mine',
      name: 'Mine',
      metadata: { a: [1] },
      dead: true,
      error: 'x',
    }
    world.write('accounts.jsonl', [whole])
    await world.run('accounts', 'import', 'accounts.jsonl')
    const { status: code, out } = await world.run('accounts', 'export', '--out', 'sealed.jsonl')
    expect([code, out]).toEqual([0, '1 accounts in sealed.jsonl, sealed\n'])
    const path = join(world.folder, 'sealed.jsonl')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const sealed = readFileSync(path, 'utf8')
    expect(sealed).not.toContain(secret)

    const elsewhere = commandWorld(9, { encryption: { keys } })
    elsewhere.write('sealed.jsonl', [sealed.trim()])
    expect((await elsewhere.run('accounts', 'import', 'sealed.jsonl')).out).toContain('1 created')
    const [line = ''] = (await elsewhere.run('accounts', 'export', '--plain')).out.split('\n')
    expect(JSON.parse(line)).toMatchObject(whole)

    elsewhere.write('swapped.jsonl', [sealed.trim().replace('"apn_1"', '"apn_2"')])
    expect((await elsewhere.run('accounts', 'import', 'swapped.jsonl')).error).toContain('belongs to another record')
    const stranger = commandWorld()
    stranger.write('sealed.jsonl', [sealed.trim()])
    expect((await stranger.run('accounts', 'import', 'sealed.jsonl')).error).toContain('which is not given')
  })

  it('overwrites no file, and chooses', async () => {
    const world = commandWorld()
    world.write('accounts.jsonl', [acme, { ...acme, external_user_id: 'u2' }])
    await world.run('accounts', 'import', 'accounts.jsonl')
    expect((await world.run('accounts', 'export', '--out', 'accounts.jsonl')).status).toBe(1)
    expect(readFileSync(join(world.folder, 'accounts.jsonl'), 'utf8')).toContain(secret)
    const chosen = await world.run('accounts', 'export', '--plain', '--user', 'u2', '--app', 'acme')
    expect(chosen.out.trim().split('\n')).toEqual([expect.stringContaining('"u2"')])
  })
})

describe('accounts check', () => {
  it('calls the health path with the credential, shows what came of it, and ends with 1 when one failed', async () => {
    const upstream = await startUpstream()
    onTestFinished(() => upstream.stop())
    const world = commandWorld(upstream.port)
    upstream.answer('/me', (response, request) => {
      const isGood = request.values('x-api-key')[0] === secret
      return (isGood ? json({ me: 1 }) : status(401))(response, request)
    })
    world.write('accounts.jsonl', [
      { ...acme, id: 'apn_good' },
      { ...acme, id: 'apn_bad', custom_fields: { api_key: 'wrong' } },
      { ...acme, id: 'apn_dead', dead: true, error: 'The grant has ended.' },
      { ...scope, id: 'apn_oauth', external_user_id: 'u1', app: 'shop', credentials: { oauth_access_token: 'at' } },
    ])
    await world.run('accounts', 'import', 'accounts.jsonl')
    const all = await world.run('accounts', 'check')
    expect(all.status).toBe(1)
    expect(all.error.trim().split('\n').slice(1)).toEqual([
      expect.stringMatching(/^apn_bad .* refused +401$/),
      expect.stringMatching(/^apn_dead .* refused +The grant has ended\.$/),
      expect.stringMatching(/^apn_good .* ok +200$/),
      expect.stringMatching(/^apn_oauth .* skipped +shop has no health path$/),
    ])
    const good = await world.run('accounts', 'check', 'apn_good', 'apn_oauth', '--json')
    expect([
      good.status,
      good.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).result),
    ]).toEqual([0, ['ok', 'skipped']])
    const missing = await world.run('accounts', 'check', 'apn_none')
    expect([missing.status, missing.error]).toEqual([1, expect.stringContaining('There is no account apn_none.')])
    expect(all.out + all.error).not.toContain(secret)
  })

  it('renews a token that is due, and keeps the new one', async () => {
    const upstream = await startUpstream()
    onTestFinished(() => upstream.stop())
    const world = commandWorld(upstream.port)
    const config = JSON.parse(readFileSync(join(world.folder, 'proxy.config.yaml'), 'utf8'))
    config.apps[1].health = { path: '/whoami' }
    world.configure({ apps: config.apps })
    upstream.answer('/token', json({ access_token: 'at-2', refresh_token: 'rt-2', expires_in: 3600 }))
    const credentials = { oauth_access_token: 'at-1', oauth_refresh_token: 'rt-1', expires_at: '2020-01-01T00:00:00Z' }
    world.write('accounts.jsonl', [{ ...scope, id: 'apn_1', external_user_id: 'u1', app: 'shop', credentials }])
    await world.run('accounts', 'import', 'accounts.jsonl')
    expect((await world.run('accounts', 'check', 'apn_1')).status).toBe(0)
    expect(upstream.requests.at(-1)?.values('authorization')).toEqual(['Bearer at-2'])
    expect((await world.run('accounts', 'export', '--plain')).out).toContain('rt-2')
  })
})

describe('commands beside a running server that has the storage file open', () => {
  it('work on its accounts, through it', async () => {
    const upstream = await startUpstream()
    onTestFinished(() => upstream.stop())
    const world = commandWorld(upstream.port)
    const server = command(['serve'], { folder: world.folder })
    await server.until(/"msg":"listening"/)
    expect(statSync(join(world.folder, 'data/proxy.db.sock')).mode & 0o777).toBe(0o600)
    world.write('accounts.jsonl', [{ ...acme, id: 'apn_1' }])
    expect((await world.run('accounts', 'import', 'accounts.jsonl')).out).toContain('1 created')
    expect((await world.run('accounts', 'list')).out).toContain('apn_1')
    expect((await world.run('accounts', 'check', 'apn_1')).out).toMatch(/apn_1 .* ok +200/)
    expect(upstream.only().values('x-api-key')).toEqual([secret])
    expect((await world.run('keys', 'rotate')).out).toContain('Everything is sealed with the key')
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
    expect((await world.run('accounts', 'list')).out).toContain('apn_1')
  })

  it('work with a server of several processes, and after one that was killed', async () => {
    const world = commandWorld()
    const server = command(['serve'], { folder: world.folder, environment: { WORKERS: '2' } })
    await server.until(/"msg":"listening"/)
    world.write('accounts.jsonl', [{ ...acme, id: 'apn_1' }])
    expect((await world.run('accounts', 'import', 'accounts.jsonl')).out).toContain('1 created')
    server.child.kill('SIGKILL')
    await server.ended
    expect((await world.run('accounts', 'list')).out).toContain('apn_1')
  })
})
