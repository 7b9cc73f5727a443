import type { Environment } from '@proxy/core'

/** What a connect token stands for. Stored as JSON under the token's digest. */
export interface ConnectTokenRecord {
  readonly project: string
  readonly environment: Environment
  readonly externalUserId: string
  readonly scopes: readonly string[]
  /** The OAuth client that made it, and without which it is void; undefined when a static key made it. */
  readonly client: string | undefined
  /** Origins from which a browser may use it; undefined for any. */
  readonly allowedOrigins: readonly string[] | undefined
  readonly appId: string | undefined
  /** Stands before the external id of what is connected, when the app has a name of the project's own; see `AppNames`. */
  readonly externalIdPrefix: string | undefined
  readonly oauthAppId: string | undefined
  /** The account that is connected again; undefined when a new one may be made. */
  readonly accountId: string | undefined
  readonly successRedirectUri: string | undefined
  readonly errorRedirectUri: string | undefined
  readonly webhookUri: string | undefined
}

/** A stored value as a record; undefined when it is not one, so that a token of unknown make is void. */
export function readConnectTokenRecord(value: unknown): ConnectTokenRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(value))
  const text = (name: string) => {
    const field = fields.get(name)
    return typeof field === 'string' ? field : undefined
  }
  const texts = (name: string) => {
    const field = fields.get(name)
    return Array.isArray(field) && field.every((entry) => typeof entry === 'string') ? field : undefined
  }
  const project = text('project')
  const environment = text('environment')
  const externalUserId = text('externalUserId')
  const scopes = texts('scopes')
  if (project === undefined || externalUserId === undefined || scopes === undefined) return undefined
  if (environment !== 'production' && environment !== 'development') return undefined
  return {
    project,
    environment,
    externalUserId,
    scopes,
    client: text('client'),
    allowedOrigins: texts('allowedOrigins'),
    appId: text('appId'),
    externalIdPrefix: text('externalIdPrefix'),
    oauthAppId: text('oauthAppId'),
    accountId: text('accountId'),
    successRedirectUri: text('successRedirectUri'),
    errorRedirectUri: text('errorRedirectUri'),
    webhookUri: text('webhookUri'),
  }
}
