import { type Account, type App, ProxyError, type Scope, Secret } from '@proxy/core'
import { z } from 'zod'
import { parseJson } from '../read-json.js'
import { checkValues, readCredentials, readCustomFields, valueMap } from './account-values.js'
import { readExpiry } from './expiry.js'
import { invalidField, notFound } from './route.js'
import { newId, type RouteParts } from './route-parts.js'
import { maybe, nameText } from './schemas.js'

export const accountBody = z.object({
  app_slug: maybe(z.string().min(1)).describe('slug or id; needed unless connect_token names an app'),
  cfmap_json: maybe(z.string().max(200_000)).describe('JSON object: the values of the custom fields of the app'),
  connect_token: maybe(z.string()),
  name: maybe(nameText),
  account_id: maybe(z.string()).describe('connects this account again; what is not given stays'),
  credentials: maybe(valueMap).describe(
    'a grant made elsewhere: oauth_access_token, oauth_refresh_token, expires_at, …',
  ),
  authorized_scopes: maybe(z.array(z.string().max(512)).max(500)),
})

export type AccountBody = z.output<typeof accountBody>

export interface AccountOwner extends Scope {
  readonly externalUserId: string
  readonly oauthAppId: string | undefined
  /** Stands before the external id of a new account. */
  readonly externalIdPrefix: string | undefined
}

interface Given {
  readonly customFields: Record<string, string>
  /** Undefined when the body has none. */
  readonly credentials: Record<string, string> | undefined
  readonly expiresAt: number | undefined
}

/** Stores a new account. Throws naming the field that is missing or does not fit. */
export async function createAccount(
  parts: RouteParts,
  owner: AccountOwner,
  app: App,
  body: AccountBody,
): Promise<Account> {
  const given = readGiven(parts, app, body)
  const values = { customFields: given.customFields, credentials: given.credentials ?? {} }
  checkValues(app, values)
  const now = parts.clock.now()
  const id = newId('apn')
  const account: Account = {
    id,
    version: 0,
    project: owner.project,
    environment: owner.environment,
    externalUserId: owner.externalUserId,
    app: app.slug,
    externalId: (owner.externalIdPrefix ?? '') + id,
    name: body.name,
    values: new Secret(values),
    oauthAppId: owner.oauthAppId,
    authorizedScopes: body.authorized_scopes ?? [],
    metadata: {},
    createdAt: now,
    updatedAt: now,
    expiresAt: given.expiresAt,
    lastRefreshedAt: undefined,
    dead: false,
    error: undefined,
  }
  const stored = await parts.storage.writeAccount(account, 0)
  if (stored === undefined) throw busy()
  return stored
}

const attemptsMost = 5

/**
 * Connects an account again: custom fields that are given replace those of the same name, a grant replaces the whole
 * grant, everything else stays; the account is alive again. Tokens that the app makes from the fields are made anew.
 */
export async function reconnectAccount(
  parts: RouteParts,
  owner: AccountOwner,
  app: App,
  id: string,
  body: AccountBody,
): Promise<Account> {
  const given = readGiven(parts, app, body)
  const grant = given.credentials ?? (app.renewal?.fromNothing === true ? {} : undefined)
  for (let attempt = 0; attempt < attemptsMost; attempt += 1) {
    const before = await parts.storage.readAccount(owner, id)
    if (before === undefined || before.externalUserId !== owner.externalUserId) throw notFound()
    if (before.app !== app.slug) throw invalidField('app_slug', 'is not the app of this account')
    const old = before.values.reveal()
    const values = {
      customFields: { ...old.customFields, ...given.customFields },
      credentials: grant ?? { ...old.credentials },
    }
    checkValues(app, values)
    const now = parts.clock.now()
    const after: Account = {
      ...before,
      name: body.name ?? before.name,
      values: new Secret(values),
      oauthAppId: owner.oauthAppId ?? before.oauthAppId,
      authorizedScopes: body.authorized_scopes ?? before.authorizedScopes,
      updatedAt: now,
      expiresAt: grant === undefined ? before.expiresAt : given.expiresAt,
      lastRefreshedAt: grant === undefined ? before.lastRefreshedAt : undefined,
      dead: false,
      error: undefined,
    }
    const stored = await parts.storage.writeAccount(after, before.version)
    if (stored !== undefined) return stored
  }
  throw busy()
}

function readGiven(parts: RouteParts, app: App, body: AccountBody): Given {
  const customFields = readCustomFields(app, readFieldMap(body.cfmap_json))
  if (body.credentials === undefined) return { customFields, credentials: undefined, expiresAt: undefined }
  const { expires_at: expiresAt, expires_in: expiresIn, ...rest } = body.credentials
  return {
    customFields,
    credentials: readCredentials(rest),
    expiresAt: readExpiry(expiresAt, expiresIn, parts.clock.now()),
  }
}

function readFieldMap(text: string | undefined): z.output<typeof valueMap> {
  if (text === undefined || text === '') return {}
  const result = valueMap.safeParse(parseJson(text, 'cfmap_json'))
  if (result.success) return result.data
  throw invalidField('cfmap_json', 'must be a JSON object of texts, whole numbers and booleans')
}

/** Somebody else writes the same account again and again. */
function busy(): ProxyError {
  return new ProxyError('overloaded', 'The account is being changed by others; try again.', { retryAfterSeconds: 1 })
}
