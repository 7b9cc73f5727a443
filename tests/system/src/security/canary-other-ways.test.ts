import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type RunningServer, startServer } from '@proxy/test-support'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Callers, keepAliveCallers, type QuickAnswer } from './callers.js'
import { each } from './each.js'
import { leakSearch } from './leak-search.js'

const key = 'a-static-key-for-other-ways'
const canary = (): string => `c4n4ry+/"\\${randomBytes(15).toString('base64url')}=`
const clientSecret = canary()

/** How an identity provider answers; what it was sent stands in `sent`, and in most of them it comes back. */
const grants: Readonly<Record<string, (sent: string, refreshToken: string) => [number, string, string]>> = {
  description: (sent) => [
    400,
    'application/json',
    JSON.stringify({ error: 'invalid_request', error_description: sent }),
  ],
  'void-description': (sent) => [
    400,
    'application/json',
    JSON.stringify({ error: 'invalid_grant', error_description: sent }),
  ],
  'as-code': (_, token) => [400, 'application/json', JSON.stringify({ error: token })],
  'as-object': (sent) => [400, 'application/json', JSON.stringify({ error: { message: sent } })],
  html: (sent) => [500, 'text/html', `<pre>${sent}</pre>`],
  plain: (_, token) => [401, 'text/plain', token],
  'no-token': (_, token) => [200, 'application/json', JSON.stringify({ refresh_token: token })],
  'no-json': (sent) => [200, 'application/json', `{"access_token":${sent}`],
  'odd-type': (_, token) => [200, 'application/json', JSON.stringify({ access_token: token, token_type: token })],
  'odd-expiry': (_, token) => [
    200,
    'application/json',
    JSON.stringify({ access_token: 'x', token_type: 'Bearer', expires_in: token }),
  ],
  huge: (sent) => [200, 'application/json', JSON.stringify({ filler: sent.repeat(2_000) })],
  busy: (sent) => [429, 'application/json', JSON.stringify({ error: 'slow_down', error_uri: sent })],
} // prettier-ignore

const api: RequestListener = (request, response) => {
  request.toArray().then((chunks) => {
    const sent = Buffer.concat(chunks).toString()
    const [, name = ''] = /^\/token\/([a-z-]+)$/.exec(request.url ?? '') ?? []
    const grant = grants[name]
    if (grant === undefined) {
      response.writeHead(200).end('ok')
      return
    }
    const [status, type, body] = grant(sent, new URLSearchParams(sent).get('refresh_token') ?? '')
    response.writeHead(status, { 'content-type': type, location: `/x?${sent}`, 'www-authenticate': 'Basic' }).end(body)
  })
}

const tokens = Object.keys(grants).map((grant) => ({ grant, access: canary(), refresh: canary() }))
const apiKey = canary()
const search = leakSearch([clientSecret, apiKey, ...tokens.flatMap(({ access, refresh }) => [access, refresh])])
const outputs: QuickAnswer[] = []
let server: RunningServer
let callers: Callers

beforeAll(async () => {
  const upstream = createServer(api)
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const origin = `127.0.0.1:${(upstream.address() as AddressInfo).port}`
  const connect = { base_proxy_target_url: `http://${origin}`, allowed_domains: [origin], allow_http: true }
  const account = { project: 'proj_1', environment: 'production', external_user_id: 'u' }
  server = await startServer({
    config: {
      network: { allowPrivate: [origin] },
      limits: { project: 'none' },
      logs: { level: 'debug' },
      projects: [{ id: 'proj_1', secretKeys: [{ key }] }],
      apps: [
        ...tokens.map(({ grant }) => ({
          ...{ name_slug: `app-${grant}`, name: grant, auth_type: 'oauth', connect, auth: [{ kind: 'bearer' }] },
          oauth: { token_url: `http://${origin}/token/${grant}`, client_id: 'c', client_secret: clientSecret },
        })),
        {
          ...{ name_slug: 'keys', name: 'Keys', auth_type: 'keys', connect },
          custom_fields: [
            { name: 'api_key', type: 'password' },
            { name: 'region', format: 'host-label' },
          ],
          auth: [{ kind: 'hmac', key: '{{custom_fields.api_key}}', string: '{{request.path}}', name: 'x-signature' }],
        },
      ],
      accounts: [
        ...tokens.map(({ grant, access, refresh }) => ({
          ...account,
          ...{ id: `apn_${grant.replaceAll('-', '')}`, external_id: grant, app: `app-${grant}` },
          credentials: {
            oauth_access_token: access,
            oauth_refresh_token: refresh,
            expires_at: '2020-01-01T00:00:00Z',
          },
        })),
        {
          ...account,
          id: 'apn_keys',
          external_id: 'keys',
          app: 'keys',
          custom_fields: { api_key: apiKey, region: 'eu' },
        },
      ],
    },
  })
  callers = keepAliveCallers(server.port)
  return async () => {
    callers.close()
    await server.stop()
    await new Promise((resolve) => upstream.close(resolve).closeAllConnections())
  }
})

async function send(
  method: string,
  path: string,
  headers: readonly string[] = ['Authorization', `Bearer ${key}`],
  body?: string,
  type = 'application/json',
): Promise<QuickAnswer> {
  const withType = body === undefined ? headers : [...headers, 'Content-Type', type]
  const answer = await callers.send({ method, path, headers: withType, ...(body !== undefined && { body }) })
  outputs.push(answer)
  return answer
}

function expectNoLeak(): void {
  for (const { status, rawHeaders, body } of outputs) {
    expect(search.find(`${status} ${rawHeaders.join('\n')}\n${body}`), body).toEqual([])
    expect(body).not.toContain('internal_error')
  }
}

describe('secrets that an identity provider gives back', () => {
  it('are in no answer, and in no word about the account', async () => {
    const target = Buffer.from('/x').toString('base64url')
    const refused = new Set<number>()
    await each(tokens, 4, async ({ grant }) => {
      const id = `apn_${grant.replaceAll('-', '')}`
      for (let turn = 0; turn < 2; turn += 1) {
        const answer = await send('GET', `/v1/connect/proj_1/proxy/${target}?external_user_id=u&account_id=${id}`)
        refused.add(answer.status)
      }
      const shown = await send('GET', `/v1/connect/proj_1/accounts/${id}`)
      expect(shown.status).toBe(200)
      const nango = ['Provider-Config-Key', `app-${grant}`, 'Connection-Id', grant]
      await send('GET', '/proxy/x', ['Authorization', `Bearer ${key}`, ...nango])
      // An account that is well is shown with its credentials, which is what the route is for.
      const path = `/connection/${grant}?provider_config_key=app-${grant}&force_refresh=true`
      const read = await callers.send({ path, headers: ['Authorization', `Bearer ${key}`] })
      if (read.status !== 200) outputs.push(read)
    })
    for (const status of [424, 503]) expect(refused).toContain(status)
    expectNoLeak()
  })
})

describe('secrets in Nango’s wire form', () => {
  it('come back to who may read them and asks, and from no refusal', async () => {
    const shown = await callers.send({
      path: '/connection/keys?provider_config_key=keys',
      headers: ['Authorization', `Bearer ${key}`],
    })
    expect([shown.status, search.find(shown.body)]).toEqual([200, [expect.stringContaining('in JSON')]])

    const nango = (...more: string[]) => [
      'Authorization',
      `Bearer ${key}`,
      'Provider-Config-Key',
      'keys',
      'Connection-Id',
      'keys',
      ...more,
    ] // prettier-ignore
    expect((await send('GET', '/proxy/x', nango())).status).toBe(200)
    await send('GET', '/proxy/https://evil.example/x', nango())
    await send('GET', '/proxy/x', nango('Base-Url-Override', 'https://evil.example'))
    await send('GET', '/proxy/x', nango('Retries', 'many'))
    await send('GET', '/connections')
    await send('GET', '/connections?search=c4n4ry')
    const given = (over: object) =>
      JSON.stringify({
        provider_config_key: 'keys',
        connection_id: 'new',
        credentials: { type: 'API_KEY', apiKey },
        ...over,
      })
    for (const body of [
      given({ credentials: { type: 'OAUTH2', access_token: apiKey } }),
      given({ credentials: { type: 'API_KEY', apiKey: { inside: apiKey } } }),
      given({ credentials: { type: 'API_KEY', apiKey, unknown: apiKey } }),
      given({ credentials: { type: apiKey } }),
      given({ connection_config: { region: apiKey } }),
      given({ provider_config_key: apiKey }),
      given({}).slice(0, -1),
    ]) {
      const answer = await send('POST', '/connections', undefined, body)
      expect(answer.status).toBeGreaterThanOrEqual(400)
    }
    await send(
      'POST',
      '/integrations',
      undefined,
      JSON.stringify({
        provider: 'keys',
        unique_key: 'mine',
        credentials: { type: 'OAUTH2', client_id: 'x', client_secret: clientSecret },
      }),
    ) // prettier-ignore
    await send('GET', '/integrations/mine?include=credentials')
    expectNoLeak()
  })
})

describe('secrets on the connect page', () => {
  it('are shown by no page, whatever is wrong with the form', async () => {
    const made = await send('POST', '/v1/connect/proj_1/tokens', undefined, '{"external_user_id":"u"}')
    const { token } = JSON.parse(made.body) as { token: string }
    const form = (fields: Record<string, string>) =>
      send(
        'POST',
        '/connect/accounts',
        [],
        new URLSearchParams({ token, app: 'keys', ...fields }).toString(),
        'application/x-www-form-urlencoded',
      ) // prettier-ignore
    expect((await send('GET', `/_static/connect.html?token=${token}&app=keys`, [])).status).toBe(200)
    expect((await send('GET', `/_static/connect.html?token=${token}&app=keys&accountId=apn_keys`, [])).status).toBe(200)
    expect((await form({ cf_api_key: apiKey, cf_region: 'no such label!' })).status).toBe(422)
    expect((await form({ cf_api_key: apiKey })).status).toBe(422)
    await form({ cf_api_key: apiKey, cf_region: 'eu', app: 'nothing' })
    await form({ cf_api_key: apiKey, cf_region: 'eu', accountId: 'apn_nobody' })
    const done = await form({ cf_api_key: apiKey, cf_region: 'eu' })
    expect([done.status, done.body]).toEqual([200, expect.stringContaining('is connected')])
    await form({ cf_api_key: apiKey, cf_region: 'eu' })
    expectNoLeak()
  })
})

describe('what the server writes', () => {
  it('holds none of them', async () => {
    await send('GET', '/metrics')
    expectNoLeak()
    expect(outputs.length).toBeGreaterThan(70)
    expect(search.find(server.logs())).toEqual([])
    expect(server.logs()).toContain('"msg":"refresh"')
  })
})
