import { randomBytes } from 'node:crypto'
import { type Account, type App, accountFaults, type Scope, Secret } from '@proxy/core'
import { type GivenCredentials, readValues } from '../connections/connection-values.js'
import { credentialShape } from '../connections/credential-shape.js'
import { faultPath } from '../connections/save-connection.js'
import { endUser } from '../routes/schemas.js'
import type { MovedIntegration } from './move-integration.js'
import type { SourceConnection, SourceIntegration, SourceRow } from './nango-host.js'

/** A connection of another host as an account here, or what is wrong with it. */
export interface Converted {
  readonly account: Account | undefined
  /** Each begins with the field it is about; none holds a value. */
  readonly faults: readonly string[]
  /** Members of its credentials that the app here has no use for. */
  readonly unused: readonly string[]
}

/** Types that other hosts name and that are the same kind of credential here. */
const sameAs: Readonly<Record<string, string>> = {
  APP: 'JWT',
  APP_STORE: 'JWT',
  MCP_OAUTH2: 'OAUTH2',
  MCP_OAUTH2_GENERIC: 'OAUTH2',
  INSTALL_PLUGIN: 'BASIC',
  UNAUTHENTICATED: 'NONE',
}

/** Custom fields that hosts of Nango's kind keep with the integration, by what those call them. */
const sharedFields: readonly (readonly [string, readonly string[]])[] = [
  ['client_id', ['client_id', 'consumer_key']],
  ['client_secret', ['client_secret', 'consumer_secret']],
  ['app_id', ['app_id']],
  ['private_key', ['private_key']],
]

export function toAccount(
  row: SourceRow,
  connection: SourceConnection,
  { app, prefix, stored, shared }: MovedIntegration,
  scope: Scope,
  now: number,
): Converted {
  const credentials = { ...connection.credentials, type: typeOf(connection, app) }
  const { accepts } = credentialShape(app)
  if (!accepts.some((type) => type === credentials.type)) {
    const fault = `credentials.type: is ${credentials.type}, and ${app.slug} takes ${accepts.join(' or ')}`
    return { account: undefined, faults: [fault], unused: [] }
  }
  const read = readValues(app, credentials, { ...sharedValues(app, shared), ...connection.connection_config })
  const faults = accountFaults(app, read.values).map((fault) => `${faultPath(fault, app).join('.')}: ${fault.message}`)
  if (faults.length > 0) return { account: undefined, faults, unused: read.unknownMembers }
  const user = endUser.safeParse(connection.end_user).data
  const created = Date.parse(connection.created_at ?? row.created ?? '')
  const account: Account = {
    ...scope,
    id: `apn_${randomBytes(8).toString('hex')}`,
    version: 0,
    externalUserId: user?.id ?? textOf(connection.tags?.end_user_id) ?? row.connection_id,
    app: app.slug,
    externalId: prefix + row.connection_id,
    name: user?.display_name ?? undefined,
    values: new Secret(read.values),
    oauthAppId: stored?.oauthAppId,
    authorizedScopes: scopesOf(connection.credentials.raw),
    metadata: {
      metadata: connection.metadata ?? null,
      tags: textsOf(connection.tags),
      end_user: user ?? null,
      connection_config: read.otherConfig,
    },
    createdAt: Number.isNaN(created) ? now : created,
    updatedAt: now,
    expiresAt: read.expiresAt,
    lastRefreshedAt: undefined,
    dead: false,
    error: undefined,
  }
  const unused = [
    ...read.unknownMembers,
    ...(read.expiryFault === undefined ? [] : ['expires_at']),
    ...(hasOwnClient(connection.credentials) ? ['config_override'] : []),
  ]
  return { account, faults: [], unused }
}

/** Credentials without a type are those of an app that needs none. */
function typeOf({ credentials: { type } }: SourceConnection, app: App): GivenCredentials['type'] {
  if (typeof type !== 'string') return 'NONE'
  const { accepts } = credentialShape(app)
  return accepts.some((one) => one === type) ? type : (sameAs[type] ?? type)
}

function sharedValues(app: App, shared: SourceIntegration): Readonly<Record<string, string>> {
  const declared = new Set((app.definition.custom_fields ?? []).map(({ name }) => name))
  const values: Record<string, string> = {}
  for (const [name, fields] of sharedFields) {
    const value = shared?.[name]
    const field = fields.find((one) => declared.has(one))
    if (typeof value === 'string' && value !== '' && field !== undefined) values[field] = value
  }
  return values
}

/** `raw.scope`, as token endpoints answer it. */
function scopesOf(raw: unknown): readonly string[] {
  const scope = typeof raw === 'object' && raw !== null && 'scope' in raw ? raw.scope : undefined
  return typeof scope === 'string' ? scope.split(/[\s,]+/).filter((text) => text !== '') : []
}

function hasOwnClient({ config_override: own }: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof own === 'object' &&
    own !== null &&
    Object.values(own).some((value) => typeof value === 'string' && value !== '')
  )
}

function textsOf(tags: Readonly<Record<string, unknown>> | null | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags ?? {}).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
