import type { Caller, Environment } from '@proxy/core'

/** What a connect token stands for. Stored as JSON under the token's digest. */
/** An app that a token is limited to, and what an account of it then belongs to. */
export interface ConnectChoice {
  /** Slug. */
  readonly app: string
  /** Stands before the external id, when the app has a name of the project's own; see `AppNames`. */
  readonly externalIdPrefix: string
  readonly oauthAppId: string | undefined
}

export interface ConnectTokenRecord {
  readonly project: string
  readonly environment: Environment
  readonly externalUserId: string
  readonly scopes: readonly string[]
  /** The OAuth client that made it, and without which it is void. */
  readonly client: string | undefined
  /** SHA-256, in hex, of the static key that made it, and without which it is void. */
  readonly keyDigest: string | undefined
  /** Origins from which a browser may use it; undefined for any. */
  readonly allowedOrigins: readonly string[] | undefined
  /** What is connected unless another app is named. */
  readonly appId: string | undefined
  /** No account of another app is made with it; undefined for any. */
  readonly choices: readonly ConnectChoice[] | undefined
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
    keyDigest: text('keyDigest'),
    allowedOrigins: texts('allowedOrigins'),
    appId: text('appId'),
    choices: fields.get('choices') === undefined ? undefined : readChoices(fields.get('choices')),
    oauthAppId: text('oauthAppId'),
    accountId: text('accountId'),
    successRedirectUri: text('successRedirectUri'),
    errorRedirectUri: text('errorRedirectUri'),
    webhookUri: text('webhookUri'),
  }
}

/** Without whom a token is void; `digest` is that of the key when a static key proved the caller. */
export function makerOf({ kind, client }: Caller, digest: string): Pick<ConnectTokenRecord, 'client' | 'keyDigest'> {
  return { client: kind === 'client' ? client : undefined, keyDigest: kind === 'key' ? digest : undefined }
}

/** The choice that an app is; undefined for one that is none. */
export function choiceOf({ choices }: ConnectTokenRecord, app: string): ConnectChoice | undefined {
  return choices?.find((choice) => choice.app === app)
}

export function isAllowed(record: ConnectTokenRecord, app: string): boolean {
  return record.choices === undefined || choiceOf(record, app) !== undefined
}

/** Slug or id of the app that is meant where none is named. */
export function usualApp({ appId, choices }: ConnectTokenRecord): string | undefined {
  return appId ?? (choices?.length === 1 ? choices[0]?.app : undefined)
}

/** Of what cannot be read nothing is allowed. */
function readChoices(value: unknown): readonly ConnectChoice[] {
  if (!Array.isArray(value)) return []
  return value.flatMap(({ app, externalIdPrefix, oauthAppId }: Record<string, unknown>) =>
    typeof app === 'string' && typeof externalIdPrefix === 'string'
      ? { app, externalIdPrefix, oauthAppId: typeof oauthAppId === 'string' ? oauthAppId : undefined }
      : [],
  )
}
