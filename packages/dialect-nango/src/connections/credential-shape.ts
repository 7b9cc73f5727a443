import type { AppDefinition, AppSummary, AuthEntry, CustomField } from '@proxy/core'

/** How an account's secrets are spelled on the wire. */
export type CredentialType =
  | 'OAUTH2'
  | 'OAUTH2_CC'
  | 'OAUTH1'
  | 'API_KEY'
  | 'BASIC'
  | 'TBA'
  | 'JWT'
  | 'TWO_STEP'
  | 'AWS_SIGV4'
  | 'NONE'

/** A member of `credentials`, and which of the account's values it is. */
export interface CredentialMember {
  readonly name: string
  readonly source: 'custom_fields' | 'credentials'
  readonly field: string
}

export interface CredentialShape {
  readonly type: CredentialType
  /** Types that callers may name for it. */
  readonly accepts: readonly CredentialType[]
  readonly members: readonly CredentialMember[]
}

const shapes = new WeakMap<AppDefinition, CredentialShape>()

/** What `credentials` of an app's connections look like: by how it authenticates, and where that takes its values from. */
export function credentialShape({ definition }: AppSummary): CredentialShape {
  let shape = shapes.get(definition)
  if (shape === undefined) {
    shape = deriveShape(definition)
    shapes.set(definition, shape)
  }
  return shape
}

function deriveShape(definition: AppDefinition): CredentialShape {
  const fields = definition.custom_fields ?? []
  const entry = (kind: string) => definition.auth?.find((one) => one.kind === kind)
  if (definition.auth_type === 'none') return shapeOf('NONE', [])
  if (entry('oauth1') !== undefined) {
    if (definition.auth_type === 'oauth') {
      return shapeOf('OAUTH1', [token('oauth_token', 'oauth_access_token'), token('oauth_token_secret')])
    }
    return shapeOf('TBA', [...pick('token_id', fields, 'token'), ...pick('token_secret', fields)])
  }
  if (definition.auth_type === 'oauth') {
    return shapeOf('OAUTH2', [
      token('access_token', 'oauth_access_token'),
      token('refresh_token', 'oauth_refresh_token'),
    ])
  }
  const clientCredentials = entry('client-credentials')
  if (clientCredentials !== undefined) {
    return shapeOf('OAUTH2_CC', [
      token('token', 'oauth_access_token'),
      ...placed('client_id', clientCredentials.client_id, fields, 'client_id'),
      ...placed('client_secret', clientCredentials.client_secret, fields, 'client_secret'),
    ])
  }
  if (entry('jwt-bearer') !== undefined) return secretsOf('JWT', fields)
  if (entry('session') !== undefined) return secretsOf('TWO_STEP', fields)
  if (entry('aws-sigv4') !== undefined) return secretsOf('AWS_SIGV4', fields)
  const basic = entry('basic')
  return (basic && basicShape(basic, fields)) ?? keyShape(definition.auth ?? [], fields)
}

/** Undefined when only one of the two comes from the account, so that it is a key in the form of Basic. */
function basicShape(basic: AuthEntry, fields: readonly CustomField[]): CredentialShape | undefined {
  const username = placed('username', basic.username, fields, 'username')
  const password = placed('password', basic.password, fields, 'password')
  if (username.length === 0 || password.length === 0) return undefined
  return shapeOf('BASIC', [...username, ...password])
}

const keyNames = ['api_key', 'apikey', 'key', 'token', 'api_token', 'access_token', 'secret_key', 'secret']

/** One secret, wherever it is placed; of several the one with the most usual name, and the rest are configuration. */
function keyShape(auth: readonly AuthEntry[], fields: readonly CustomField[]): CredentialShape {
  const used = new Set(auth.flatMap((entry) => Object.values(entry).flatMap((text) => fieldsIn(text))))
  const secrets = fields.filter(({ name, type }) => type === 'password' && used.has(name))
  const candidates = secrets.length > 0 ? secrets : fields.filter(({ name }) => used.has(name))
  const rank = ({ name }: CustomField): number => {
    const place = keyNames.indexOf(name.toLowerCase().replaceAll('-', '_'))
    return place === -1 ? keyNames.length : place
  }
  const [best] = [...candidates].sort((one, other) => rank(one) - rank(other))
  const members = best === undefined ? [] : [{ name: 'apiKey', source: 'custom_fields' as const, field: best.name }]
  const accepts: CredentialType[] = auth.some(({ kind }) => kind === 'basic') ? ['API_KEY', 'BASIC'] : ['API_KEY']
  return { type: 'API_KEY', accepts, members }
}

/** Every secret under its own name. */
function secretsOf(type: CredentialType, fields: readonly CustomField[]): CredentialShape {
  const members = fields.filter((field) => field.type === 'password')
  return shapeOf(
    type,
    members.map(({ name }) => ({ name, source: 'custom_fields', field: name })),
  )
}

function shapeOf(type: CredentialType, members: readonly CredentialMember[]): CredentialShape {
  return { type, accepts: [type], members }
}

function token(name: string, field = name): CredentialMember {
  return { name, source: 'credentials', field }
}

/** The custom field that a setting's template names; the usual one when it is left out. */
function placed(
  name: string,
  setting: unknown,
  fields: readonly CustomField[],
  usual: string,
): readonly CredentialMember[] {
  const [field] = setting === undefined ? [usual] : fieldsIn(setting)
  const isDeclared = fields.some((one) => one.name === field)
  return field === undefined || !isDeclared ? [] : [{ name, source: 'custom_fields', field }]
}

function pick(name: string, fields: readonly CustomField[], other = name): readonly CredentialMember[] {
  const field = fields.find((one) => one.name === name) ?? fields.find((one) => one.name === other)
  return field === undefined ? [] : [{ name, source: 'custom_fields', field: field.name }]
}

/** Names of the custom fields in a template, in the order they stand. */
function fieldsIn(text: unknown): readonly string[] {
  if (typeof text === 'object' && text !== null) return Object.values(text).flatMap((inner) => fieldsIn(inner))
  if (typeof text !== 'string') return []
  return [...text.matchAll(/\bcustom_fields\.([A-Za-z_][A-Za-z0-9_-]*)/g)].flatMap(([, name]) => name ?? [])
}
