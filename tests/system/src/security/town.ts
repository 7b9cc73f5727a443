import { randomBytes } from 'node:crypto'
import { type RawAnswer, type RawRequest, type RunningServer, rawRequest, startServer } from '@proxy/test-support'

/** One way to place a credential, each with an app, an account and a random credential of its own. */
export const placements = ['header', 'bearer', 'basic', 'query', 'path', 'cookie', 'oauth'] as const
export type Placement = (typeof placements)[number]

export const project = 'proj_town'
export const user = 'user-1'

/** A server whose apps, one for each placement, all point at one upstream on loopback. */
export interface Town {
  readonly server: RunningServer
  /** What each account's credential is. */
  readonly credentials: Readonly<Record<Placement, string>>
  /** A static key of the project that may do everything. */
  readonly key: string
  /** A proxied call of `user` with the account of one placement. */
  call(placement: Placement, target: string, request?: TownRequest): Promise<RawAnswer>
  /** The path and query of such a call, for requests written by hand. */
  path(placement: Placement, target: string): string
  /** A call to any path with the static key. */
  manage(path: string, request?: TownRequest): Promise<RawAnswer>
}

export interface TownRequest extends Omit<RawRequest, 'headers'> {
  /** Flat, beside the authorization. */
  readonly headers?: readonly string[]
}

export interface TownOptions {
  readonly upstreamPort: number
  /** Merged over the sections of the configuration. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Merged into every app. */
  readonly app?: Readonly<Record<string, unknown>>
  /** An OAuth client of the project that may do everything. */
  readonly client?: { readonly id: string; readonly secret: string }
}

export async function startTown(options: TownOptions): Promise<Town> {
  const key = `key-${randomBytes(16).toString('hex')}`
  const credentials = Object.fromEntries(
    placements.map((name) => [name, randomCredential(name)]),
  ) as Town['credentials']
  const server = await startServer({ config: { ...townConfig(options, key, credentials), ...options.config } })
  const send = (path: string, { headers = [], ...rest }: TownRequest): Promise<RawAnswer> =>
    rawRequest(server.url + path, {
      ...rest,
      headers: ['Host', new URL(server.url).host, 'Authorization', `Bearer ${key}`, 'Connection', 'close', ...headers],
    })
  const path: Town['path'] = (placement, target) =>
    `/v1/connect/${project}/proxy/${Buffer.from(target).toString('base64url')}?external_user_id=${user}&account_id=${accountOf(placement)}`
  return {
    server,
    credentials,
    key,
    path,
    call: (placement, target, request = {}) => send(path(placement, target), request),
    manage: (target, request = {}) => send(target, request),
  }
}

/** With characters that encodings change, as far as the placement can carry them. */
export function randomCredential(placement: Placement): string {
  const special = placement === 'path' || placement === 'cookie' ? '+' : '+/"\\'
  return `c4n4ry${special}${randomBytes(15).toString('base64url')}=`
}

export function accountOf(placement: Placement): string {
  return `apn_${placement}`
}

function townConfig(options: TownOptions, key: string, credentials: Town['credentials']): Record<string, unknown> {
  const { upstreamPort } = options
  const origin = `127.0.0.1:${upstreamPort}`
  return {
    network: { allowPrivate: [origin] },
    limits: { project: 'none' },
    projects: [
      { id: project, secretKeys: [{ key, id: 'town' }], clients: options.client === undefined ? [] : [options.client] },
    ],
    apps: placements.map((placement) => ({
      name_slug: placement,
      name: placement,
      auth_type: placement === 'oauth' ? 'oauth' : 'keys',
      custom_fields: placement === 'oauth' ? [] : [{ name: 'key', type: 'password' }],
      connect: { base_proxy_target_url: `http://${origin}`, allowed_domains: [origin], allow_http: true },
      auth: [authOf[placement]],
      ...options.app,
    })),
    accounts: placements.map((placement) => ({
      project,
      environment: 'production',
      id: accountOf(placement),
      external_user_id: user,
      app: placement,
      ...(placement === 'oauth'
        ? { credentials: { oauth_access_token: credentials.oauth } }
        : { custom_fields: { key: credentials[placement] } }),
    })),
  }
}

const authOf: Readonly<Record<Placement, object>> = {
  header: { kind: 'header', name: 'X-Api-Key', value: '{{custom_fields.key}}' },
  bearer: { kind: 'bearer', token: '{{custom_fields.key}}' },
  basic: { kind: 'basic', username: 'town', password: '{{custom_fields.key}}' },
  query: { kind: 'query', name: 'api_key', value: '{{custom_fields.key}}' },
  path: { kind: 'path', prefix: '/bot{{custom_fields.key}}' },
  cookie: { kind: 'cookie', name: 'session', value: '{{custom_fields.key}}' },
  oauth: { kind: 'bearer' },
}
