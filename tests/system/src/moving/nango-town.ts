import { generateKeyPairSync } from 'node:crypto'
import { rawRequest } from '@proxy/test-support'
import { type CommandWorld, commandWorld, project } from '../connect/command-world.js'
import { type Command, command } from '../server/command.js'

/** The secret key of the host that is moved from, and that of the server that is moved to. */
export const keys = { source: 'source-secret-key-of-development-3b', target: 'target-secret-key-of-development-9d' }

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
})

/** One app for each type of credential that Nango's wire form has. */
export function appsOfEveryType(port: number): Readonly<Record<string, unknown>>[] {
  const base = `http://127.0.0.1:${port}`
  const password = (...names: string[]) => names.map((name) => ({ name, type: 'password' }))
  const app = (slug: string, rest: object) => ({
    name_slug: slug,
    name: slug,
    auth_type: 'keys',
    connect: { base_proxy_target_url: base },
    ...rest,
  })
  return [
    app('keyed', {
      custom_fields: [...password('api_key'), { name: 'region', optional: true }],
      auth: [{ kind: 'header', name: 'x-api-key', value: '{{custom_fields.api_key}}' }],
    }),
    app('basic', { custom_fields: [{ name: 'username' }, ...password('password')], auth: [{ kind: 'basic' }] }),
    app('granted', {
      auth_type: 'oauth',
      auth: [{ kind: 'bearer' }],
      oauth: { token_url: `${base}/token`, client_id: 'c', client_secret: 's' },
    }),
    app('machine', {
      custom_fields: [{ name: 'client_id' }, ...password('client_secret')],
      auth: [{ kind: 'client-credentials', token_url: `${base}/machine-token` }],
    }),
    app('old', {
      auth_type: 'oauth',
      custom_fields: password('consumer_key', 'consumer_secret'),
      auth: [
        {
          kind: 'oauth1',
          consumer_key: '{{custom_fields.consumer_key}}',
          consumer_secret: '{{custom_fields.consumer_secret}}',
        },
      ],
    }),
    app('suite', {
      custom_fields: password('consumer_key', 'consumer_secret', 'token_id', 'token_secret'),
      auth: [
        {
          kind: 'oauth1',
          consumer_key: '{{custom_fields.consumer_key}}',
          consumer_secret: '{{custom_fields.consumer_secret}}',
          token: '{{custom_fields.token_id}}',
          token_secret: '{{custom_fields.token_secret}}',
        },
      ],
    }),
    app('signed', {
      custom_fields: password('private_key'),
      auth: [{ kind: 'jwt-bearer', private_key: '{{custom_fields.private_key}}', issuer: 'me', present: 'itself' }],
    }),
    app('member', {
      custom_fields: password('user', 'pin'),
      auth: [
        {
          kind: 'session',
          login: { url: `${base}/login`, json: { user: '{{custom_fields.user}}', pin: '{{custom_fields.pin}}' } },
          token: '/token',
        },
      ],
    }),
    app('cloud', {
      custom_fields: password('access_key_id', 'secret_access_key'),
      auth: [
        {
          kind: 'aws-sigv4',
          access_key_id: '{{custom_fields.access_key_id}}',
          secret_access_key: '{{custom_fields.secret_access_key}}',
          region: 'us-east-1',
          service: 'execute-api',
        },
      ],
    }),
    app('open', { auth_type: 'none', auth: [{ kind: 'none' }] }),
  ]
}

/** Credentials of a connection of each of those apps. */
export const credentialsOf: Readonly<Record<string, object>> = {
  keyed: { type: 'API_KEY', apiKey: 'canary-key' },
  basic: { type: 'BASIC', username: 'ann', password: 'canary-password' },
  granted: {
    type: 'OAUTH2',
    access_token: 'canary-access',
    refresh_token: 'canary-refresh',
    expires_at: '2099-01-01T00:00:00.000Z',
  },
  machine: { type: 'OAUTH2_CC', client_id: 'canary-id', client_secret: 'canary-secret' },
  old: { type: 'OAUTH1', oauth_token: 'canary-token', oauth_token_secret: 'canary-token-secret' },
  suite: { type: 'TBA', token_id: 'canary-tid', token_secret: 'canary-tsecret' },
  signed: { type: 'JWT', private_key: privateKey },
  member: { type: 'TWO_STEP', user: 'canary-user', pin: 'canary-pin' },
  cloud: { type: 'AWS_SIGV4', access_key_id: 'canary-akid', secret_access_key: 'canary-sak' },
  open: { type: 'NONE' },
}

const consumer = { consumer_key: 'canary-ck', consumer_secret: 'canary-cs' }
export const configOf: Readonly<Record<string, object>> = {
  keyed: { region: 'eu', note: { deep: [1] } },
  old: consumer,
  suite: consumer,
}

/** The configuration of a server that moves, or is moved from. */
export function nangoWorld(port: number, key: string, apps = appsOfEveryType(port)): CommandWorld {
  return commandWorld(port, {
    network: { allowPrivate: [`127.0.0.1:${port}`] },
    projects: [{ id: project, secretKeys: [{ environment: 'development', key }] }],
    limits: { project: 'none' },
    apps,
  })
}

export interface Reply {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a route answers is what the test is about
  readonly body: any
}

export interface Served {
  readonly url: string
  readonly server: Command
  /** A call of Nango's wire form, with the server's key. */
  call(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<Reply>
  stop(): Promise<void>
}

export async function serve(world: CommandWorld, key: string): Promise<Served> {
  const server = command(['serve'], { folder: world.folder })
  const url = /"url":"([^"]+)"/.exec(await server.until(/"msg":"listening"/))?.[1] ?? ''
  return {
    url,
    server,
    async call(method, path, body, headers = {}) {
      const answer = await rawRequest(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }), ...headers },
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status: answer.status, body: answer.body.length === 0 ? undefined : answer.json() }
    },
    async stop() {
      server.child.kill('SIGTERM')
      await server.ended
    },
  }
}
