import { randomBytes } from 'node:crypto'
import { type Account, type AccountFault, type App, accountFaults, ProxyError, type Scope, Secret } from '@proxy/core'
import { type Fault, invalid } from '../refusal.js'
import type { FoundIntegration, RouteParts } from '../routes/route-parts.js'
import { type ConnectionRecord, type EndUser, withConnectionRecord } from './connection-record.js'
import { type GivenCredentials, type ReadValues, readValues } from './connection-values.js'
import { credentialShape } from './credential-shape.js'

const attemptsMost = 5

export interface ConnectionWish {
  readonly connectionId: string
  readonly credentials: GivenCredentials
  readonly config: Readonly<Record<string, unknown>>
  readonly metadata: Readonly<Record<string, unknown>> | undefined
  readonly tags: Readonly<Record<string, string>> | undefined
  readonly endUser: EndUser | undefined
}

/** Stores a connection, in place of one with the same id; then what is not given of its record stays. */
export async function saveConnection(
  parts: RouteParts,
  scope: Scope,
  integration: FoundIntegration,
  wish: ConnectionWish,
): Promise<Account> {
  const read = readWish(integration, wish)
  for (let attempt = 0; attempt < attemptsMost; attempt += 1) {
    const externalId = integration.prefix + wish.connectionId
    const before = await parts.storage.readAccountByExternalId(scope, integration.app.slug, externalId)
    const now = parts.clock.now()
    const base = before ?? blank(scope, integration, externalId, wish, now)
    const stored = await parts.storage.writeAccount(
      {
        ...base,
        externalUserId: wish.endUser?.id ?? base.externalUserId,
        name: wish.endUser?.display_name ?? base.name,
        values: new Secret(read.values),
        oauthAppId: integration.stored?.oauthAppId ?? base.oauthAppId,
        metadata: withConnectionRecord(base, recordOf(wish, read, before)),
        updatedAt: now,
        expiresAt: read.expiresAt,
        lastRefreshedAt: undefined,
        dead: false,
        error: undefined,
      },
      base.version,
    )
    if (stored !== undefined) return stored
  }
  throw new ProxyError('overloaded', 'The connection is being changed by others; try again.', { retryAfterSeconds: 1 })
}

/** Changes a connection under the guard of its version. Undefined when it is gone. */
export async function changeConnection(
  parts: RouteParts,
  scope: Scope,
  id: string,
  change: (before: Account) => Account,
): Promise<Account | undefined> {
  for (let attempt = 0; attempt < attemptsMost; attempt += 1) {
    const before = await parts.storage.readAccount(scope, id)
    if (before === undefined) return undefined
    const after = { ...change(before), updatedAt: parts.clock.now() }
    const stored = await parts.storage.writeAccount(after, before.version)
    if (stored !== undefined) return stored
  }
  throw new ProxyError('overloaded', 'The connection is being changed by others; try again.', { retryAfterSeconds: 1 })
}

/** Throws `invalid_body` with everything that the app cannot use. */
function readWish({ app }: FoundIntegration, { credentials, config }: ConnectionWish): ReadValues {
  const { accepts } = credentialShape(app)
  if (!accepts.some((type) => type === credentials.type)) {
    const message = `is not how ${app.slug} authenticates; use ${accepts.join(' or ')}`
    throw invalid('invalid_body', [{ code: 'invalid_value', message, path: ['credentials', 'type'] }])
  }
  const read = readValues(app, credentials, config)
  const faults = [
    ...read.unknownMembers.map((name) => ({
      code: 'unrecognized_keys',
      message: `is not a value of ${app.slug}`,
      path: ['credentials', name],
    })),
    ...accountFaults(app, read.values).map((fault) => toFault(fault, app)),
    ...(read.expiryFault === undefined
      ? []
      : [{ code: 'invalid_string', message: read.expiryFault, path: ['credentials', 'expires_at'] }]),
  ]
  if (faults.length > 0) throw invalid('invalid_body', faults)
  return read
}

function toFault(fault: AccountFault, app: App): Fault {
  const { isMissing, message } = fault
  return { code: isMissing ? 'invalid_type' : 'invalid_string', message, path: faultPath(fault, app) }
}

/** Where a caller of this wire form finds the value. */
export function faultPath({ source, name }: AccountFault, app: App): readonly string[] {
  const member = credentialShape(app).members.find((one) => one.source === source && one.field === name)
  return member === undefined ? ['connection_config', name] : ['credentials', member.name]
}

function recordOf(wish: ConnectionWish, read: ReadValues, before: Account | undefined): Partial<ConnectionRecord> {
  return {
    connection_config: { ...read.otherConfig },
    ...(wish.metadata !== undefined && { metadata: { ...wish.metadata } }),
    ...(wish.tags !== undefined && { tags: { ...wish.tags } }),
    ...(wish.endUser !== undefined && { end_user: wish.endUser }),
    ...(wish.endUser === undefined && before === undefined && { end_user: null }),
  }
}

function blank(
  scope: Scope,
  { app }: FoundIntegration,
  externalId: string,
  { connectionId }: ConnectionWish,
  now: number,
): Account {
  return {
    ...scope,
    id: `apn_${randomBytes(8).toString('hex')}`,
    version: 0,
    externalUserId: connectionId,
    app: app.slug,
    externalId,
    name: undefined,
    values: new Secret({ customFields: {}, credentials: {} }),
    oauthAppId: undefined,
    authorizedScopes: [],
    metadata: {},
    createdAt: now,
    updatedAt: now,
    expiresAt: undefined,
    lastRefreshedAt: undefined,
    dead: false,
    error: undefined,
  }
}
