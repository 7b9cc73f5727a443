import type {
  AppRegistry,
  Authorization,
  Clock,
  RateLimiter,
  RevokingAuthenticator,
  Sealer,
  Storage,
} from '@proxy/core'
import type { WebhookOptions } from './connect/webhooks.js'
import type { ConnectTokens } from './tokens/connect-tokens.js'
import type { AccessTokens } from './tokens/ed25519-tokens.js'
import type { ClientDirectory } from './tokens/oauth-client.js'
import type { WindowTokens } from './tokens/window-tokens.js'

/** A project that the operator set up: the home of clients, keys and accounts. */
export interface ConfiguredProject {
  /** `proj_` + letters and digits. */
  readonly id: string
  /** Default: the id. */
  readonly name?: string
}

export interface PipedreamDialectOptions {
  readonly storage: Storage
  readonly apps: AppRegistry
  /** Proves callers of management routes, and forgets tokens that are revoked. */
  readonly authenticator: RevokingAuthenticator
  readonly clients: ClientDirectory
  readonly tokens: AccessTokens
  readonly connectTokens: ConnectTokens
  /** Also the engine's `customLimits`. */
  readonly windowTokens: WindowTokens
  readonly projects: readonly ConfiguredProject[]
  /** Counts failed client authentication, and nothing else. */
  readonly rateLimiter: RateLimiter
  /** Failures of one client, and of one source, after which more of them get 429. Default 30 a minute. */
  readonly authenticationFailures?: { readonly limit: number; readonly windowMs: number }
  /** Seals the secrets of OAuth clients that projects bring along; without it they are stored in plain. */
  readonly sealer?: Sealer
  /** Gets grants from vendors; without it the connect page takes apps with keys alone. */
  readonly authorization?: Authorization
  /** How the webhooks of connect tokens are sent; without it they are not. */
  readonly webhooks?: WebhookOptions
  readonly clock?: Clock
  /** Where callers reach this server, such as `https://proxy.example.com`; a path in it is taken off incoming targets. */
  readonly publicUrl: string
}

/** Words that stand in a project's place in paths without one. */
const reservedIds: ReadonlySet<string> = new Set([
  'accounts',
  'app_categories',
  'apps',
  'oauth_apps',
  'projects',
  'proxy',
  'rate_limits',
  'tokens',
  'usage',
  'users',
])

/** Throws for options that could not work. */
export function checkOptions({ projects, publicUrl }: PipedreamDialectOptions): void {
  for (const { id } of projects) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(id) || reservedIds.has(id)) {
      throw new Error(`The project id ${id} cannot stand in a path.`)
    }
  }
  if (!/^https?:$/.test(new URL(publicUrl).protocol)) throw new Error('publicUrl must be an http or https URL.')
}
