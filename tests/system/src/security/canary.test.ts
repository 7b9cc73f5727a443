import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../engine/raw-upstream.js'
import { each } from './each.js'
import { faults } from './faults.js'
import { type LeakSearch, leakSearch } from './leak-search.js'
import { accountOf, type Placement, placements, project, randomCredential, startTown, type Town, user } from './town.js'
import { exchange } from './wire.js'

interface Victim {
  readonly placement: Placement
  readonly id: string
  readonly credential: string
}

const clientSecret = `client+secret/${randomBytes(15).toString('base64url')}`
const seed = randomBytes(32).toString('base64')
const sealingKey = randomBytes(32).toString('base64')

let upstream: RawUpstream
let folder: string
let town: Town
let victims: readonly Victim[]
let search: LeakSearch
/** Everything that a caller got, each with how it came about. */
const outputs: { readonly of: string; readonly bytes: string }[] = []

beforeAll(async () => {
  upstream = await startRawUpstream()
  upstream.script = (socket, head) => {
    const name = /\/fault\/([a-z0-9-]+)/.exec(head)?.[1] ?? ''
    const fault = faults[name]
    if (fault === undefined) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    else fault(socket, head)
  }
  folder = await mkdtemp(join(tmpdir(), 'api-proxy-canary-'))
  town = await startTown({
    upstreamPort: upstream.port,
    client: { id: 'town-client', secret: clientSecret },
    config: {
      storage: { kind: 'memory', file: join(folder, 'proxy.db') },
      encryption: { keys: [sealingKey] },
      tokens: { signingKeys: [seed] },
      logs: { level: 'debug' },
      // Nobody is asked where these are: to the outside they lead nowhere.
      network: { allowPrivate: [`127.0.0.1:${upstream.port}`], hosts: { 'evil.example': '10.0.0.1' } },
      limits: {
        project: 'none',
        headTimeout: '1s',
        bodyIdleTimeout: '1s',
        maxRequestBody: '100KiB',
        maxTarget: '4KiB',
        maxHeaders: '8KiB',
      },
    },
  })
  const first = placements.map((placement) => ({
    placement,
    id: accountOf(placement),
    credential: town.credentials[placement],
  }))
  victims = [...first, ...(await connectMore()), ...(await connectMore())]
  search = leakSearch([...victims.map(({ credential }) => credential), clientSecret, seed, sealingKey])
  return async () => {
    await town.server.stop()
    await upstream.stop()
    await rm(folder, { recursive: true })
  }
})

/** Sends a request as it is written here and keeps what comes back. */
async function send(of: string, request: string): Promise<string> {
  const bytes = await exchange(town.server.port, request)
  outputs.push({ of, bytes })
  return bytes
}

function written(method: string, path: string, headers: readonly string[] = [], body?: string, key = town.key): string {
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  const lines = ['Host: proxy', `Authorization: Bearer ${key}`, 'Connection: close', ...headers, ...length]
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

const json = ['Content-Type: application/json']

/** Another account of each placement, through the API. */
async function connectMore(): Promise<readonly Victim[]> {
  const made: Victim[] = []
  for (const placement of placements) {
    const credential = randomCredential(placement)
    const given =
      placement === 'oauth'
        ? { credentials: { oauth_access_token: credential, expires_at: '2099-01-01T00:00:00Z' } }
        : { cfmap_json: JSON.stringify({ key: credential }) }
    const body = JSON.stringify({ app_slug: placement, ...given })
    const path = `/v1/connect/${project}/accounts?external_user_id=${user}`
    const answer = await send(`connecting ${placement}`, written('POST', path, json, body))
    made.push({ placement, credential, id: /"id":"(apn_[0-9a-f]+)"/.exec(answer)?.[1] ?? '' })
  }
  return made
}

function proxied({ id }: Victim, target: string, more = ''): string {
  const encoded = Buffer.from(target).toString('base64url')
  return `/v1/connect/${project}/proxy/${encoded}?external_user_id=${user}&account_id=${id}${more}`
}

/** And nothing that the server had not thought of. */
function expectNoLeak(): void {
  for (const { of, bytes } of outputs) {
    expect(search.find(bytes), of).toEqual([])
    expect(bytes, of).not.toContain('internal_error')
  }
}

function statusOf(bytes: string): number {
  return Number(bytes.slice(9, 12))
}

describe('twenty-one credentials', () => {
  it('are placed where their apps want them', async () => {
    const seen = upstream.heads.length
    await each(victims, 32, (victim) => send('a good call', written('GET', proxied(victim, '/x'))))
    const sent = upstream.heads.slice(seen).join('\n')
    expect(search.find(sent).length).toBeGreaterThanOrEqual(victims.length)
    expect(new Set(search.find(sent).map((text) => text.split(' in ')[0])).size).toBe(victims.length)
  })

  it('do not come back from any fault of the upstream', async () => {
    const seen = outputs.length
    const work = victims.flatMap((victim) => Object.keys(faults).map((name) => ({ victim, name })))
    await each(work, 32, ({ victim, name }) =>
      send(`${victim.placement}: ${name}`, written('GET', proxied(victim, `/fault/${name}?page=1`))),
    )
    const statuses = new Set(outputs.slice(seen).map(({ bytes }) => statusOf(bytes)))
    for (const status of [200, 201, 204, 401, 429, 500, 502, 504]) expect(statuses).toContain(status)
    expectNoLeak()
  })

  it('do not come back from any refusal of a call', async () => {
    const seen = outputs.length
    const long = 'x'.repeat(9_000)
    const requests = (victim: Victim): readonly string[] => [
      ...[
        'https://evil.example/x',
        'https://10.0.0.1/',
        'http://127.0.0.1:1/',
        'https://a@127.0.0.1/',
        '//evil.example',
      ]
        .concat(['/\\evil', '/a#b', 'ftp://x.example', 'https://127.1/', ' ', '\u0000', 'https://ex\u0301ample.com'])
        .map((target) => written('GET', proxied(victim, target))),
      written('GET', `/v1/connect/${project}/proxy/!!!?external_user_id=${user}&account_id=${victim.id}`),
      written('GET', proxied(victim, '/x', '&account_id=apn_other')),
      written('GET', proxied(victim, '/x').replace(user, 'user-2')),
      written('GET', proxied(victim, '/x').replace(victim.id, 'apn_nobody')),
      written('GET', proxied(victim, '/x').replace(project, 'proj_other')),
      written('GET', proxied(victim, '/x'), ['X-Pd-Environment: development']),
      written('GET', proxied(victim, '/x'), ['X-Pd-Environment: moon']),
      written('GET', proxied(victim, '/x'), ['X-Pd-Proxy-Host: evil.example']),
      written('GET', proxied(victim, '/x'), ['X-Pd-Rate-Limit: nonsense']),
      written('GET', proxied(victim, '/x'), [], undefined, 'wrong-key'),
      written('GET', proxied(victim, '/x'), ['Authorization: Bearer second']),
      written('GET', proxied(victim, '/x'), [`X-Long: ${long}`]),
      written('GET', proxied(victim, `/${long}`)),
      written('GET', proxied(victim, '/x'), ['X: \u0001']),
      written('TRACE', proxied(victim, '/x')),
      written('TRACK', proxied(victim, '/x')),
      written('CONNECT', proxied(victim, '/x')),
      written('GET', `http://evil.example${proxied(victim, '/x')}`),
      written('GET', `/${proxied(victim, '/x')}`),
      written('POST', proxied(victim, '/x'), [], 'x'.repeat(200_000)),
      written('POST', proxied(victim, '/x'), ['Transfer-Encoding: gzip, chunked'], ''),
      `POST ${proxied(victim, '/x')} HTTP/1.1\r\nHost: proxy\r\nAuthorization: Bearer ${town.key}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `POST ${proxied(victim, '/x')} HTTP/1.1\r\nHost: proxy\r\nAuthorization: Bearer ${town.key}\r\nContent-Length: 9\r\n\r\n`,
      `GET ${proxied(victim, '/x')} HTTP/1.0\r\nAuthorization: Bearer ${town.key}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    ] // prettier-ignore
    await each(victims.flatMap(requests), 32, (request) => send(request.slice(0, 200), request))
    const statuses = new Set(outputs.slice(seen).map(({ bytes }) => statusOf(bytes)))
    for (const status of [400, 401, 404, 405, 413, 414, 431]) expect(statuses).toContain(status)
    expectNoLeak()
  })

  it('do not come back from management, but to who may read them and asks', async () => {
    const own = (path: string) => `/v1/connect/${project}/${path}`
    for (const victim of victims) {
      const shown = await exchange(
        town.server.port,
        written('GET', own(`accounts/${victim.id}?include_credentials=true`)),
      )
      expect(search.find(shown)).toContain(`secret ${victims.indexOf(victim)} in JSON`)
    }
    const scoped = await tokenOf('connect:proxy connect:accounts:write connect:users:read connect:projects:read')
    const browser = await connectToken()
    const secret = victims[0]?.credential ?? ''
    const requests = [
      ...victims.flatMap(({ id }) => [
        written('GET', own(`accounts/${id}`)),
        written('GET', own(`accounts/${id}?include_credentials=false`)),
        written('GET', own(`accounts/${id}?include_credentials=true`), [], undefined, browser),
        written('GET', own(`accounts/${id}?include_credentials=true`), [], undefined, scoped),
        written('GET', `/v1/connect/proj_other/accounts/${id}?include_credentials=true`),
        written('GET', own(`accounts/${id}?include_credentials=yes`)),
        written('PATCH', own(`accounts/${id}`), json, '{}'),
      ]),
      ...['accounts', `users/${user}/accounts`, 'users', 'projects/info', 'oauth_apps', 'accounts?app=header'].flatMap(
        (path) => [
          written('GET', own(path)),
          written('GET', `${own(path)}${path.includes('?') ? '&' : '?'}include_credentials=1`, [], undefined, browser),
          written('GET', `${own(path)}${path.includes('?') ? '&' : '?'}include_credentials=1`, [], undefined, scoped),
        ],
      ),
      ...['apps', 'apps/header', 'projects', 'usage?start_ts=1&end_ts=2', 'app_categories', 'nothing'].map((path) =>
        written('GET', `/v1/connect/${path}`),
      ),
      written('GET', '/openapi.json'),
      // A secret in the wrong place is not shown to whoever put it there either.
      ...[
        { app_slug: 'header', cfmap_json: JSON.stringify({ nokey: secret }) },
        { app_slug: 'header', cfmap_json: `{"key":"${secret}` },
        { app_slug: 'header', cfmap_json: JSON.stringify({ key: { inside: secret } }) },
        { app_slug: 'oauth', credentials: { oauth_access_token: { inside: secret } } },
        { app_slug: 'oauth', credentials: { expires_at: secret, oauth_access_token: secret } },
        { app_slug: secret, cfmap_json: '{}' },
        { app_slug: 'header', account_id: secret },
        { app_slug: 'header', connect_token: secret, cfmap_json: '{"key":"x"}' },
        { app: 'header', client_id: 'x', client_secret: [secret] },
      ].flatMap((body) =>
        ['accounts?external_user_id=user-1', 'oauth_apps'].map((path) =>
          written('POST', own(path), json, JSON.stringify(body)),
        ),
      ),
      written('POST', own('accounts?external_user_id=user-1'), json, `{"app_slug":"header",${secret}`),
      written(
        'POST',
        '/v1/oauth/token',
        json,
        JSON.stringify({
          grant_type: 'client_credentials',
          client_id: 'town-client',
          client_secret: clientSecret,
          scope: 'nothing',
        }),
      ),
      written(
        'POST',
        '/v1/oauth/token',
        json,
        JSON.stringify({ grant_type: clientSecret, client_secret: clientSecret }),
      ),
      written('POST', '/v1/oauth/token', json, `{"client_secret":"${clientSecret}`),
      written('GET', '/metrics'),
      written('GET', '/readyz'),
    ] // prettier-ignore
    await each(requests, 32, (request) => send(request.slice(0, 200), request))
    expectNoLeak()
  })

  it('do not come back to a caller who left in the middle', async () => {
    await each(victims, 32, async (victim) => {
      const whole = written('POST', proxied(victim, '/fault/idle-body'), [], 'x'.repeat(5_000))
      await send('a cut request', whole.slice(0, 3_000))
    })
    expectNoLeak()
  })

  it('stand in no log, no metric, no process table and no file', async () => {
    const { server } = town
    for (const file of ['cmdline', 'environ', 'status', 'limits', 'maps']) {
      expect(search.find(await readFile(`/proc/${server.pid}/${file}`).catch(() => '')), file).toEqual([])
    }
    await server.stop()
    const logs = server.logs()
    expect(logs.split('\n').length).toBeGreaterThan(1_500)
    expect(search.find(logs)).toEqual([])
    expect(logs).not.toContain(town.key)
    const files = await readdir(folder, { recursive: true })
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect(search.find(await readFile(join(folder, file)).catch(() => '')), file).toEqual([])
    expect(outputs.length).toBeGreaterThan(1_500)
  })
})

async function tokenOf(scope: string): Promise<string> {
  const body = JSON.stringify({
    grant_type: 'client_credentials',
    client_id: 'town-client',
    client_secret: clientSecret,
    scope,
  })
  const answer = await send('a token', written('POST', '/v1/oauth/token', json, body))
  return /"access_token":"([^"]+)"/.exec(answer)?.[1] ?? ''
}

async function connectToken(): Promise<string> {
  const body = JSON.stringify({ external_user_id: user })
  const answer = await send('a connect token', written('POST', `/v1/connect/${project}/tokens`, json, body))
  return /"token":"(ctok_[0-9a-f]+)"/.exec(answer)?.[1] ?? ''
}
