import { type Account, type App, type CredentialValues, isoTimeOf } from '@proxy/core'
import { type CredentialMember, type CredentialShape, credentialShape } from './credential-shape.js'
import { type ReadExpiry, readExpiry } from './expiry.js'

/** `credentials` as callers write them. Further members are custom fields of the same name. */
export interface GivenCredentials {
  readonly type: string
  readonly [member: string]: unknown
}

/** What of a connection is stored as the account's values, and what of its configuration the app does not know. */
export interface ReadValues extends ReadExpiry {
  readonly values: CredentialValues
  readonly otherConfig: Readonly<Record<string, unknown>>
  /** Members of `credentials` that cannot be stored, by name. */
  readonly unknownMembers: readonly string[]
}

/** Members of `credentials` that say something about it, and are no values. */
const about: ReadonlySet<string> = new Set([
  'type',
  'raw',
  'expires_at',
  'expires_in',
  'config_override',
  'token_type',
  'scope',
])

/** Sorts credentials and configuration into the account's values. Texts, numbers and booleans become texts. */
export function readValues(
  app: App,
  credentials: GivenCredentials,
  config: Readonly<Record<string, unknown>>,
): ReadValues {
  const { members } = credentialShape(app)
  const declared = new Set((app.definition.custom_fields ?? []).map(({ name }) => name))
  const values = { customFields: {} as Record<string, string>, credentials: {} as Record<string, string> }
  const otherConfig: Record<string, unknown> = {}
  const unknownMembers: string[] = []

  for (const [name, value] of Object.entries(config)) {
    const text = asText(value)
    if (declared.has(name) && text !== undefined) values.customFields[name] = text
    else if (value !== null && value !== undefined) otherConfig[name] = value
  }
  for (const [name, text] of flatTexts(otherConfig)) if (declared.has(name)) values.customFields[name] = text
  for (const [name, value] of Object.entries(credentials)) {
    if (about.has(name) || value === null || value === undefined) continue
    const text = asText(value)
    const member = members.find((one) => one.name === name) ?? tokenMember(name, app)
    const field = member?.field ?? [name, snakeCase(name)].find((other) => declared.has(other))
    if (text === undefined || field === undefined) unknownMembers.push(name)
    else if (member?.source === 'credentials') values.credentials[field] = text
    else values.customFields[field] = text
  }
  fillIn(values.customFields, app)
  return { values, ...readExpiry(credentials.expires_at), otherConfig, unknownMembers }
}

/** The token of an exchange, which is made anew when it is missing. */
function tokenMember(name: string, { renewal }: App): CredentialMember | undefined {
  if (renewal?.fromNothing !== true || (name !== 'token' && name !== 'access_token')) return undefined
  return { name, source: 'credentials', field: 'oauth_access_token' }
}

/** What is not given has its default; secrets that may be missing are empty, since templates name them. */
function fillIn(customFields: Record<string, string>, { definition }: App): void {
  for (const { name, default: usual, optional, type } of definition.custom_fields ?? []) {
    if (customFields[name] !== undefined) continue
    if (usual !== undefined) customFields[name] = usual
    else if (optional === true && type === 'password') customFields[name] = ''
  }
}

/** `{ installation: { id: 'x' } }` as `installation_id` and `x`. */
function flatTexts(config: Readonly<Record<string, unknown>>, prefix = ''): readonly (readonly [string, string])[] {
  return Object.entries(config).flatMap(([name, value]) => {
    const text = asText(value)
    if (text !== undefined) return [[prefix + name, text] as const]
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
    return flatTexts(value as Record<string, unknown>, `${prefix}${name}_`)
  })
}

/** `credentials` as an answer shows them. */
export function showCredentials(app: App, account: Account, withRefreshToken: boolean): Record<string, unknown> {
  const shape = credentialShape(app)
  const values = account.values.reveal()
  const shown: Record<string, unknown> = { type: shape.type }
  for (const { name, source, field } of shape.members) {
    if (field === 'oauth_refresh_token' && !withRefreshToken) continue
    const value = source === 'credentials' ? values.credentials[field] : values.customFields[field]
    if (value !== undefined) shown[name] = value
  }
  if (!hasTokens(shape)) return shown
  const { oauth_access_token: accessToken } = values.credentials
  if (accessToken !== undefined && !shape.members.some(({ field }) => field === 'oauth_access_token')) {
    shown.token = accessToken
  }
  const expiresAt = isoTimeOf(account.expiresAt)
  if (expiresAt !== undefined) shown.expires_at = expiresAt
  const { type: _, ...raw } = shown
  return {
    ...shown,
    raw: { ...raw, ...(account.authorizedScopes.length > 0 && { scope: account.authorizedScopes.join(' ') }) },
  }
}

/** `connection_config`: every custom field that is no credential, and what was given besides. */
export function showConfig(
  app: App,
  account: Account,
  otherConfig: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const secret = new Set(credentialShape(app).members.map(({ field }) => field))
  const { customFields } = account.values.reveal()
  const fields = Object.entries(customFields).filter(([name]) => !secret.has(name))
  return { ...otherConfig, ...Object.fromEntries(fields) }
}

function hasTokens({ type }: CredentialShape): boolean {
  return type !== 'API_KEY' && type !== 'BASIC' && type !== 'TBA' && type !== 'NONE'
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** `privateKeyId` as `private_key_id`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
