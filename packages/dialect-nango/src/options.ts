import type { AppRegistry, Authenticator, Caller, Clock, Refresher, Scope, Storage } from '@proxy/core'
import type { Integrations } from './integrations/integrations.js'

export interface NangoDialectOptions {
  readonly storage: Storage
  readonly apps: AppRegistry
  /** Proves callers of management routes. */
  readonly authenticator: Authenticator
  /** Also the engine's `appNames`. */
  readonly integrations: Integrations
  /** Renews tokens before they are shown; without it they are shown as they are stored. */
  readonly refresher?: Refresher
  /** Starts sessions in which end users connect accounts; without it the route is not there. */
  readonly sessions?: ConnectSessions
  readonly clock?: Clock
  /** Where callers reach this server; a path in it is taken off incoming targets. */
  readonly publicUrl: string
  /**
   * For local development: the key that stands for one project and environment when a program of this machine calls
   * without one. Undefined, as is usual, refuses such calls.
   */
  readonly localKey?: string
}

/** What makes a token for the browser of one end user. */
export interface ConnectSessions {
  create(wish: ConnectSessionWish): Promise<ConnectSession>
}

export interface ConnectSessionWish extends Scope {
  readonly externalUserId: string
  /** What may be connected; undefined for anything. */
  readonly choices: readonly ConnectSessionChoice[] | undefined
  /** Who asks: a token never holds more than its maker, and ends with it. */
  readonly maker: Caller
  /** Of the key that proved the maker: SHA-256, in hex. */
  readonly keyDigest: string
  /** Id of the account to connect again. */
  readonly account: string | undefined
}

/** An integration. */
export interface ConnectSessionChoice {
  /** Slug. */
  readonly app: string
  /** Stands before the external id of what is connected, when the integration has a key of its own. */
  readonly externalIdPrefix: string
  /** The project's own OAuth client for it. */
  readonly oauthAppId: string | undefined
}

export interface ConnectSession {
  readonly token: string
  readonly link: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Throws for options that could not work. */
export function checkOptions({ publicUrl }: NangoDialectOptions): void {
  if (!/^https?:$/.test(new URL(publicUrl).protocol)) throw new Error('publicUrl must be an http or https URL.')
}
