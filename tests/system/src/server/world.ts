import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rawRequest } from '@proxy/test-support'
import { type Command, type CommandOptions, command, temporaryFolder } from './command.js'

const project = 'proj_1'
const client = { id: 'main', secret: 'secret-of-the-client-1f8a' }
export const apiKey = 'key-of-the-account-77c2'

export interface WorldOptions extends CommandOptions {
  readonly upstreamPort: number
  /** Sections over those that are made here. */
  readonly config?: Readonly<Record<string, unknown>>
}

/** A server with one app, whose API is the given upstream, and one account. */
export interface World {
  readonly url: string
  readonly server: Command
  token(): Promise<string>
  /** What a proxied call for `path` of the upstream needs. */
  call(path: string, token: string): { readonly url: string; readonly headers: Record<string, string> }
}

/** Starts the built server on a free port and waits until it listens. */
export async function startWorld({ upstreamPort, config = {}, ...options }: WorldOptions): Promise<World> {
  const folder = options.folder ?? temporaryFolder()
  const upstream = `127.0.0.1:${upstreamPort}`
  const key = (): string => randomBytes(32).toString('base64')
  const whole = {
    server: { port: 0, publicUrl: 'http://proxy.test' },
    tokens: { signingKeys: [key()] },
    network: { allowPrivate: [upstream] },
    limits: { project: { requests: 100_000, window: '60s' } },
    projects: [{ id: project, clients: [client] }],
    apps: [
      {
        name_slug: 'acme',
        name: 'Acme',
        auth_type: 'keys',
        custom_fields: [{ name: 'api_key', type: 'password' }],
        connect: { base_proxy_target_url: `http://${upstream}`, allowed_domains: [upstream] },
        auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }],
      },
    ],
    accounts: [
      {
        project,
        environment: 'development',
        id: 'apn_1',
        external_user_id: 'u1',
        app: 'acme',
        custom_fields: { api_key: apiKey },
      },
    ],
    ...config,
  }
  writeFileSync(join(folder, 'proxy.config.yaml'), JSON.stringify(whole))
  const server = command(['serve'], { ...options, folder })
  const started = await (options.isOutputBlocked ? portFromBanner(server) : server.until(/"msg":"listening"/))
  const url = /"url":"([^"]+)"/.exec(started)?.[1] ?? ''

  return {
    url,
    server,
    async token() {
      const answer = await rawRequest(`${url}/v1/oauth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret }),
      })
      return (answer.json() as { access_token: string }).access_token
    },
    call(path, token) {
      const target = Buffer.from(`http://${upstream}${path}`).toString('base64url')
      return {
        url: `${url}/v1/connect/${project}/proxy/${target}?external_user_id=u1&account_id=apn_1`,
        headers: { authorization: `Bearer ${token}`, 'x-pd-environment': 'development' },
      }
    },
  }
}

/** Reads the first line alone, and then no more. */
function portFromBanner({ child }: Command): Promise<string> {
  return new Promise((resolve) => {
    child.stdout?.once('data', (chunk: Buffer) => {
      child.stdout?.pause()
      resolve(chunk.toString())
    })
  })
}
