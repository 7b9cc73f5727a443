// biome-ignore-all lint/suspicious/noTemplateCurlyInString: provider files look like this
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Nango } from '@nangohq/node'
import { startServer, startUpstream, status } from '@proxy/test-support'
import { expect, it, onTestFinished } from 'vitest'

const here = dirname(fileURLToPath(import.meta.url))
const bin = fileURLToPath(new URL('../../../apps/node-server/dist/cli.js', import.meta.url))
/** Where a user who ran `npm install @nangohq/providers` has it. */
const installed = join(here, '..', 'node_modules', '@nangohq', 'providers')
const key = 'nango-secret-key-of-development-9c1e'
const projects = [{ id: 'proj_nango', secretKeys: [{ environment: 'development', key }] }]

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'providers-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function serve(config: Readonly<Record<string, unknown>>) {
  const server = await startServer({ config: { projects, ...config }, readyWithinMs: 120_000 })
  onTestFinished(() => server.stop())
  return { server, client: new Nango({ host: server.url, secretKey: key }) }
}

async function connect(url: string, body: object): Promise<number> {
  const answer = await fetch(`${url}/connections`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return answer.status
}

it("of the vendor's own file at least 95 % are apps, and the others are named with the reason", async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'proxy.config.yaml'), JSON.stringify({ providers: { file: installed } }))
  const { stdout } = await promisify(execFile)(process.execPath, [bin, 'apps', 'check'], { cwd: folder })
  const [, usable, total] = /: (\d+) of (\d+) providers are apps here\n/.exec(stdout) ?? []
  expect(Number(total)).toBeGreaterThan(900)
  expect(Number(usable) / Number(total)).toBeGreaterThanOrEqual(0.95)
  const [, , ...lines] = (stdout.split(' of them work, but for one thing:')[0] ?? '').trimEnd().split('\n')
  const named = lines.filter((line) => /^ {2}[\w.-]+: \S.{10,}$/.test(line))
  expect(named).toHaveLength(Number(total) - Number(usable))
}, 180_000)

it("the vendor's own file gives integrations at once, and the log names in one line what is left out", async () => {
  const { server, client } = await serve({ providers: { file: installed } })
  const { data } = await client.listProviders({})
  expect(data.length).toBeGreaterThan(900)
  const tokens = { type: 'OAUTH2', access_token: 'a', refresh_token: 'b' }
  const config = { subdomain: 'north', domain: 'north', instance_url: 'https://north.my.salesforce.com' }
  for (const [provider, credentials] of [
    ['github', tokens],
    ['slack', tokens],
    ['hubspot', tokens],
    ['salesforce', tokens],
    ['stripe-api-key', { type: 'BASIC', username: 'k', password: '' }],
    ['zendesk', tokens],
  ] as const) {
    const body = { provider_config_key: provider, connection_id: 'c1', credentials, connection_config: config }
    expect([provider, await connect(server.url, body)]).toEqual([provider, 201])
  }
  const lines = server
    .logs()
    .split('\n')
    .filter((line) => line.includes('providers cannot be used'))
  expect(lines).toHaveLength(1)
  const { unusable, providers } = JSON.parse(lines[0] ?? '{}') as { unusable: object; providers: number }
  expect(providers).toBeGreaterThan(900)
  expect(Object.keys(unusable).length).toBeGreaterThan(0)
}, 180_000)

it('what a file says of a provider is what its API is sent', async () => {
  const upstream = await startUpstream()
  onTestFinished(() => upstream.stop())
  const base = `http://localhost:${upstream.port}`
  const folder = temporaryFolder()
  writeFileSync(
    join(folder, 'providers.yaml'),
    JSON.stringify({
      keyed: {
        display_name: 'Keyed',
        auth_mode: 'API_KEY',
        proxy: {
          base_url: `${base}/v1/`,
          headers: {
            'x-key': 'Token ${apiKey}',
            'x-basic': 'Basic ${base64(${apiKey}:x)}',
            'x-region': '${connectionConfig.region} || eu',
            'x-now': '${now}',
            'x-random': '${random}',
            'x-plain': 'plain',
          },
          query: { api_key: '${apiKey}' },
          retry: { error_code: ['418'], after: 'x-wait' },
        },
        connection_config: { region: { type: 'string', optional: true } },
      },
      'keyed-again': { display_name: 'Again', alias: 'keyed', proxy: { base_url: `${base}/v2` } },
      login: { auth_mode: 'BASIC', proxy: { base_url: base, headers: { 'x-user': '${username}' } } },
      granted: {
        auth_mode: 'OAUTH2',
        token_url: `${base}/token`,
        proxy: { base_url: `${base}/\${connectionConfig.area}`, headers: { 'x-token': '${accessToken}' } },
      },
      member: {
        auth_mode: 'TWO_STEP',
        token_url: `${base}/login`,
        token_params: { user: '${credentials.user}' },
        token_response: { token: 'session.token' },
        body_format: 'json',
        proxy: { base_url: base, headers: { 'x-session': '${accessToken}' } },
      },
    }),
  )
  const { server, client } = await serve({
    providers: { file: folder },
    network: { allowPrivate: [`127.0.0.1:${upstream.port}`], hosts: { localhost: '127.0.0.1' } },
  })
  const call = async (provider_config_key: string, credentials: object, connection_config: object, retries = 0) => {
    const body = { provider_config_key, connection_id: 'c1', credentials, connection_config }
    expect([provider_config_key, await connect(server.url, body)]).toEqual([provider_config_key, 201])
    upstream.forget()
    const wish = { providerConfigKey: provider_config_key, connectionId: 'c1', endpoint: '/things?a=1', retries }
    await client.get(wish).catch(() => undefined)
    const sent = upstream.requests.find(({ url }) => url.includes('/things'))
    if (sent === undefined) throw new Error(`${provider_config_key} called nothing`)
    return sent
  }

  const apiKey = { type: 'API_KEY', apiKey: 'key-1' }
  upstream.answer('/v1/things', status(418, { 'x-wait': '0' }))
  const keyed = await call('keyed', apiKey, {}, 1)
  expect(keyed.url).toBe('/v1/things?a=1&api_key=key-1')
  expect(keyed.values('x-key')).toEqual(['Token key-1'])
  expect(keyed.values('x-basic')).toEqual([`Basic ${Buffer.from('key-1:x').toString('base64')}`])
  expect(keyed.values('x-region')).toEqual(['eu'])
  expect(Date.parse(keyed.values('x-now')[0] ?? '')).not.toBeNaN()
  expect(keyed.values('x-random')[0]).toMatch(/\S{8,}/)
  expect(keyed.values('x-plain')).toEqual(['plain'])
  expect((await call('keyed-again', apiKey, { region: 'us' })).url).toBe('/v2/things?a=1&api_key=key-1')
  expect(upstream.only().values('x-region')).toEqual(['us'])

  const login = await call('login', { type: 'BASIC', username: 'ann', password: 'pw' }, {})
  expect(login.values('authorization')).toEqual([`Basic ${Buffer.from('ann:pw').toString('base64')}`])
  expect(login.values('x-user')).toEqual(['ann'])

  const granted = await call('granted', { type: 'OAUTH2', access_token: 'at', refresh_token: 'rt' }, { area: 'north' })
  expect(granted.url).toBe('/north/things?a=1')
  expect([granted.values('authorization'), granted.values('x-token')]).toEqual([['Bearer at'], ['at']])

  upstream.answer('/login', (response) => void response.end(JSON.stringify({ session: { token: 'st' } })))
  const member = await call('member', { type: 'TWO_STEP', user: 'ann' }, {})
  expect(member.values('x-session')).toEqual(['st'])
  const asked = upstream.requests.find(({ url }) => url === '/login')
  expect(JSON.parse(asked?.body.toString() ?? '')).toEqual({ user: 'ann' })
})
