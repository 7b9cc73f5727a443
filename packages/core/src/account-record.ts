import type { Account, CredentialValues, Environment, Scope } from './account.js'
import { freezeStrings, frozenAccount } from './freeze-account.js'
import { freezeDeep } from './own-json.js'
import { SealError, type Sealer } from './sealing.js'
import { Secret } from './secret.js'

/** A stored record that is not what it should be. It is named, never shown, never served. */
export class RecordError extends Error {
  override readonly name = 'RecordError'
}

const format = 1

/** An account as JSON text for a store. The credential is sealed; without a sealer it stands there in plain. */
export function accountToRecord(account: Account, sealer: Sealer | undefined): string {
  const { values, ...fields } = account
  const plain = values.reveal()
  return JSON.stringify(
    sealer === undefined
      ? { format, ...fields, values: plain }
      : { format, ...fields, sealed: sealer.seal(JSON.stringify(plain), contextOf(account)) },
  )
}

/**
 * The account in `record`, which was found under `id` in `scope`. Throws `RecordError` when it is of another account,
 * misses a field, or is not sealed although there is a sealer.
 */
export function recordToAccount(record: string, scope: Scope, id: string, sealer: Sealer | undefined): Account {
  try {
    const fields = readObject(parse(record, 'record'), 'record')
    if (fields.format !== format) throw new RecordError('its format is not known')
    if (fields.id !== id || fields.project !== scope.project || fields.environment !== scope.environment) {
      throw new RecordError('it is the record of another account')
    }
    return readAccount(fields, readValues(fields, scope, id, sealer))
  } catch (error) {
    if (!(error instanceof RecordError || error instanceof SealError)) throw error
    throw new RecordError(
      `The stored account ${JSON.stringify(id)} of project ${JSON.stringify(scope.project)}, ${scope.environment}, cannot be used: ${error.message}`,
    )
  }
}

/** The hex id of the key that sealed a record's credential; undefined when it is in plain or unreadable. */
export function recordKeyId(record: string, sealer: Sealer): string | undefined {
  try {
    return sealer.keyIdOf(readString(readObject(parse(record, 'record'), 'record'), 'sealed'))
  } catch {
    return undefined
  }
}

function contextOf({ project, environment, id }: Scope & { readonly id: string }): readonly string[] {
  return ['account', project, environment, id]
}

function readValues(fields: Fields, scope: Scope, id: string, sealer: Sealer | undefined): Secret<CredentialValues> {
  if (sealer === undefined && fields.values === undefined) throw new RecordError('it is sealed, and no key is given.')
  if (sealer !== undefined && fields.sealed === undefined) throw new RecordError('it is not sealed.')
  const values = readObject(
    sealer === undefined
      ? fields.values
      : parse(sealer.open(readString(fields, 'sealed'), contextOf({ ...scope, id })).toString(), 'credential'),
    'values',
  )
  return new Secret(
    Object.freeze({
      customFields: readStrings(values.customFields, 'customFields'),
      credentials: readStrings(values.credentials, 'credentials'),
    }),
  )
}

function readAccount(fields: Fields, values: Secret<CredentialValues>): Account {
  const dead = fields.dead
  if (typeof dead !== 'boolean') throw new RecordError('"dead" is not a boolean.')
  return frozenAccount({
    id: readString(fields, 'id'),
    version: readWholeNumber(fields, 'version'),
    project: readString(fields, 'project'),
    environment: readEnvironment(fields),
    externalUserId: readString(fields, 'externalUserId'),
    app: readString(fields, 'app'),
    externalId: readString(fields, 'externalId'),
    name: optional(fields, 'name', readString),
    values,
    oauthAppId: optional(fields, 'oauthAppId', readString),
    authorizedScopes: readStringList(fields.authorizedScopes, 'authorizedScopes'),
    metadata: freezeDeep(readObject(fields.metadata, 'metadata')) as Readonly<Record<string, unknown>>,
    createdAt: readNumber(fields, 'createdAt'),
    updatedAt: readNumber(fields, 'updatedAt'),
    expiresAt: optional(fields, 'expiresAt', readNumber),
    lastRefreshedAt: optional(fields, 'lastRefreshedAt', readNumber),
    dead,
    error: optional(fields, 'error', readString),
  })
}

type Fields = Readonly<Record<string, unknown>>

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text.
    throw new RecordError(`its ${what} is not JSON.`)
  }
}

/** Own properties only are read from it: every caller asks by a name that `Object.prototype` does not have. */
function readObject(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RecordError(`${JSON.stringify(what)} is not an object.`)
  }
  return value as Fields
}

function readString(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw new RecordError(`${JSON.stringify(name)} is not a string.`)
  return value
}

function readNumber(fields: Fields, name: string): number {
  const value = fields[name]
  if (typeof value !== 'number') throw new RecordError(`${JSON.stringify(name)} is not a number.`)
  return value
}

function readWholeNumber(fields: Fields, name: string): number {
  const value = readNumber(fields, name)
  if (!Number.isSafeInteger(value) || value < 1) throw new RecordError(`${JSON.stringify(name)} is not 1 or more.`)
  return value
}

function readEnvironment(fields: Fields): Environment {
  const value = fields.environment
  if (value !== 'development' && value !== 'production') throw new RecordError('"environment" is not known.')
  return value
}

function optional<T>(fields: Fields, name: string, read: (fields: Fields, name: string) => T): T | undefined {
  return fields[name] === undefined ? undefined : read(fields, name)
}

function readStringList(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new RecordError(`${JSON.stringify(name)} is not a list of strings.`)
  }
  return value
}

function readStrings(value: unknown, name: string): Readonly<Record<string, string>> {
  const fields = readObject(value, name)
  for (const text of Object.values(fields)) {
    if (typeof text !== 'string') throw new RecordError(`A value in ${JSON.stringify(name)} is not a string.`)
  }
  return freezeStrings(fields as Readonly<Record<string, string>>)
}
