import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { accounts, project, secrets, user } from './world/configuration.js'
import { startWorld, type World } from './world/start-world.js'

const run = promisify(execFile)
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)

/** The commands of the vendor's documentation, with the blanks as they stand there. */
const documented = {
  token: `curl -X POST https://api.pipedream.com/v1/oauth/token \
    -H "Content-Type: application/json" \
    -d '{
      "grant_type": "client_credentials",
      "client_id": "{your_oauth_client_id}",
      "client_secret": "{your_oauth_client_secret}"
    }'`,
  call: `curl -X POST "https://api.pipedream.com/v1/connect/{your_project_id}/proxy/{url_safe_base64_encoded_url}?external_user_id={external_user_id}&account_id={apn_xxxxxxx}" \
    -H "Authorization: Bearer {access_token}" \
    -H "x-pd-environment: {development | production}" \
    -H "x-pd-proxy-hello: world" \
    -d '{
      "text": "hello, world",
      "channel": "C03NA8B4VA9"
    }'`,
  apps: `curl https://api.pipedream.com/v1/apps \
    -H "Authorization: Bearer {access_token}"`,
}

let world: World

beforeAll(async () => {
  world = await startWorld()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

/** Fills the blanks, changes the host, and runs the command in a shell. Resolves to the status and the body. */
async function curl(command: string, blanks: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  const values: Record<string, string> = {
    '{your_oauth_client_id}': 'main',
    '{your_oauth_client_secret}': secrets.mainClient,
    '{your_project_id}': project,
    '{external_user_id}': user,
    '{apn_xxxxxxx}': accounts.acme,
    '{development | production}': 'development',
    ...blanks,
  }
  let filled = command.replaceAll('https://api.pipedream.com', world.server.url)
  for (const [blank, value] of Object.entries(values)) filled = filled.replaceAll(blank, value)
  const { stdout } = await run('sh', ['-c', `${filled} --silent --write-out '\\n%{http_code}'`])
  const end = stdout.lastIndexOf('\n')
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) }
}

async function accessToken(): Promise<string> {
  const { body } = await curl(documented.token)
  return (JSON.parse(body) as { access_token: string }).access_token
}

describe.runIf(hasCurl)("the documentation's own curl commands", () => {
  it('get a token', async () => {
    const { status, body } = await curl(documented.token)
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      created_at: expect.any(Number),
    })
    expect((await curl(documented.token, { '{your_oauth_client_secret}': 'wrong' })).status).toBe(401)
  })

  it.each([
    ['a full URL', (target: string) => target],
    ['a relative path', () => '/api/chat.postMessage'],
  ])('make a proxied call with %s', async (_, choose) => {
    const url = choose(world.target('/api/chat.postMessage'))
    const { status } = await curl(documented.call, {
      '{access_token}': await accessToken(),
      '{url_safe_base64_encoded_url}': Buffer.from(url).toString('base64url'),
    })

    const seen = world.upstream.only()
    expect(status).toBe(200)
    expect([seen.method, seen.url]).toEqual(['POST', '/api/chat.postMessage'])
    expect(JSON.parse(seen.body.toString())).toEqual({ text: 'hello, world', channel: 'C03NA8B4VA9' })
    expect(seen.values('hello')).toEqual(['world'])
    expect(seen.values('x-api-key')).toEqual([secrets.acmeKey])
    expect(seen.values('content-type')).toEqual(['application/x-www-form-urlencoded']) // what `curl -d` says
    expect(seen.values('user-agent').join()).not.toContain('curl')
  })

  it('list the apps that support the proxy', async () => {
    const { status, body } = await curl(documented.apps, { '{access_token}': await accessToken() })
    expect(status).toBe(200)
    const { data } = JSON.parse(body) as { data: { name_slug: string; connect: { proxy_enabled: boolean } }[] }
    expect(data.filter((app) => app.connect.proxy_enabled).map((app) => app.name_slug)).toContain('acme')
    expect((await curl(documented.apps, { '{access_token}': 'none' })).status).toBe(401)
  })
})
