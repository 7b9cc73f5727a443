import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type NangoWorld, project, secrets, startNangoWorld } from './world.js'

const run = promisify(execFile)
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)

/**
 * The commands of the vendor's documentation, with the blanks and the faulty JSON as they stand there; `HEADERS` is what
 * the three chapters (cloud, localhost, self-hosted) differ in. Two of them lack the backslash before their last line.
 */
const documented: readonly { readonly command: string; readonly seen: Seen }[] = [
  {
    command: `curl HEADERS \
-H 'Connection-Id: <CONNECTION-ID>' \
-H 'Provider-Config-Key: <CONFIG-KEY>' \
'https://api.nango.dev/proxy/<API-ENDPOINT>'`,
    seen: { method: 'GET', url: '/<API-ENDPOINT>', body: '' },
  },
  ...(
    [
      ['POST', '{"colorId: "blue"}'],
      ['PATCH', '{"id": 1, "colorId: "black"}'],
      ['PUT', '{"id": 1, "colorId: "orange"}'],
    ] as const
  ).map(([method, body]) => ({
    command: `curl -X ${method} -H 'Content-Type: application/json' \
HEADERS \
-H 'Connection-Id: <CONNECTION-ID>' \
-H 'Provider-Config-Key: <CONFIG-KEY>' \
-d '${body}' \
'https://api.nango.dev/proxy/<API-ENDPOINT>'`,
    seen: { method, url: '/<API-ENDPOINT>', body, type: 'application/json' },
  })),
  {
    command: `curl -X DELETE HEADERS \
-H 'Connection-Id: <CONNECTION-ID>' \
-H 'Provider-Config-Key: <CONFIG-KEY>' \
'https://api.nango.dev/proxy/<API-ENDPOINT>'`,
    seen: { method: 'DELETE', url: '/<API-ENDPOINT>', body: '' },
  },
  {
    command: `curl HEADERS \
-H 'Connection-Id: <CONNECTION-ID>' \
-H 'Provider-Config-Key: <CONFIG-KEY>' \
-H 'Nango-Proxy-Notion-Version: 2022-06-28' \
'https://api.nango.dev/proxy/v1/users'`,
    seen: { method: 'GET', url: '/v1/users', body: '', version: '2022-06-28' },
  },
  {
    command: `curl HEADERS \
-H 'Connection-Id: <CONNECTION-ID>' \
-H 'Provider-Config-Key: <CONFIG-KEY>' \
-H 'Retries: 3' \
'https://api.nango.dev/proxy/v1/users'`,
    seen: { method: 'GET', url: '/v1/users', body: '' },
  },
]

interface Seen {
  readonly method: string
  readonly url: string
  readonly body: string
  readonly type?: string
  readonly version?: string
}

let world: NangoWorld

async function curl(command: string, headers: string): Promise<{ status: number; body: string }> {
  const filled = command
    .replaceAll('https://api.nango.dev', world.server.url)
    .replaceAll('HEADERS', headers)
    .replaceAll('<CONNECTION-ID>', 'c1')
    .replaceAll('<CONFIG-KEY>', 'acme')
    .replaceAll('<API-ENDPOINT>', 'calendar/v3/users/me?x=1')
  const { stdout } = await run('sh', ['-c', `${filled} --silent --write-out '\\n%{http_code}'`])
  const end = stdout.lastIndexOf('\n')
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) }
}

function expectSeen({ method, url, body, type, version }: Seen): void {
  const seen = world.upstream.only()
  expect([seen.method, seen.url]).toEqual([method, url.replace('<API-ENDPOINT>', 'calendar/v3/users/me?x=1')])
  expect(seen.body.toString()).toBe(body)
  expect(seen.values('content-type')).toEqual(type === undefined ? [] : [type])
  expect(seen.values('notion-version')).toEqual(version === undefined ? [] : [version])
  expect(seen.values('x-api-key')).toEqual([secrets.acmeKey])
}

describe.runIf(hasCurl)('the documented curl commands', () => {
  const authorization = `-H 'Authorization: Bearer ${secrets.development}'`

  describe('with a secret key', () => {
    beforeAll(async () => {
      world = await startNangoWorld()
      return () => world.stop()
    })
    afterEach(() => world.upstream.forget())

    it.each(documented)('$command', async ({ command, seen }) => {
      expect((await curl(command, authorization)).status).toBe(200)
      expectSeen(seen)
    })

    it.each(documented)('is refused without one: $command', async ({ command }) => {
      const { status, body } = await curl(command, '')
      expect([status, JSON.parse(body).error.code]).toEqual([401, 'missing_auth_header'])
      expect(world.upstream.requests).toEqual([])
    })
  })

  describe('on localhost, where the operator allows calls without a key', () => {
    beforeAll(async () => {
      world = await startNangoWorld({ nango: { localDevelopment: { project, environment: 'development' } } })
      return () => world.stop()
    })
    afterEach(() => world.upstream.forget())

    it.each(documented)('$command', async ({ command, seen }) => {
      expect((await curl(command, '')).status).toBe(200)
      expectSeen(seen)
    })

    it.each([
      ['a web page', { origin: 'https://evil.example' }],
      ['a web page of a name that leads here', { host: 'evil.example' }],
      ['another machine, through a proxy of this one', { 'x-forwarded-for': '198.51.100.7' }],
      [
        'another machine, through a proxy of this one that says so in the standard way',
        { forwarded: 'for=198.51.100.7' },
      ],
      ['a wrong key', { authorization: 'Bearer wrong' }],
      ['an empty key', { authorization: 'Bearer' }],
    ])('%s is not of this machine', async (_name, headers) => {
      const { rawRequest } = await import('@proxy/test-support')
      const call = { 'provider-config-key': 'acme', 'connection-id': 'c1', ...headers }
      expect((await rawRequest(`${world.server.url}/proxy/x`, { headers: call })).status).toBe(401)
      expect((await rawRequest(`${world.server.url}/connections`, { headers })).status).toBe(401)
      expect(world.upstream.requests).toEqual([])
    })

    it('the client of the vendor needs a key, and any route works without the client', async () => {
      const { rawRequest } = await import('@proxy/test-support')
      expect((await rawRequest(`${world.server.url}/connections`)).status).toBe(200)
      // The other wire form knows nothing of it.
      expect((await rawRequest(`${world.server.url}/v1/connect/${project}/accounts`)).status).toBe(401)
    })
  })
})
