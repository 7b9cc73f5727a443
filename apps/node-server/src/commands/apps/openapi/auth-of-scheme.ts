import type { AppDefinition, AuthEntry, CustomField, OAuthSettings } from '@proxy/core'
import { asFields, type Fields, textOf } from './document.js'

export interface FoundAuth {
  readonly auth_type: AppDefinition['auth_type']
  readonly fields: readonly CustomField[]
  readonly auth: readonly AuthEntry[]
  readonly oauth: OAuthSettings | undefined
  readonly undecided: readonly string[]
}

const nothing = { fields: [], auth: [], oauth: undefined, undecided: [] } as const

/** How one security scheme places its credential; undefined when a definition cannot say it. */
export function authOfScheme(name: string, scheme: Fields): FoundAuth | undefined {
  switch (scheme.type) {
    case 'apiKey':
      return apiKey(name, scheme)
    case 'basic':
      return basic
    case 'http':
      return http(name, scheme)
    case 'oauth2':
      return oauth2(name, scheme)
    case 'mutualTLS':
      return mutualTls
    default:
      return undefined
  }
}

const basic: FoundAuth = {
  ...nothing,
  auth_type: 'keys',
  fields: [
    { name: 'username', label: 'User name' },
    { name: 'password', label: 'Password', type: 'password' },
  ],
  auth: [{ kind: 'basic' }],
}

const mutualTls: FoundAuth = {
  ...nothing,
  auth_type: 'keys',
  fields: [
    { name: 'client_certificate', label: 'Client certificate (PEM)', type: 'password' },
    { name: 'client_private_key', label: 'Private key (PEM)', type: 'password' },
  ],
  auth: [{ kind: 'mtls' }],
}

function apiKey(scheme: string, { in: place, name }: Fields): FoundAuth | undefined {
  const target = textOf(name)
  if (target === undefined || (place !== 'header' && place !== 'query' && place !== 'cookie')) return undefined
  const field = secretField(scheme)
  const isToken = place === 'header' && target.toLowerCase() === 'authorization'
  return {
    ...nothing,
    auth_type: 'keys',
    fields: [field],
    auth: [{ kind: place, name: target, value: `{{custom_fields.${field.name}}}` }],
    undecided: isToken ? [`auth: which word stands before the key in Authorization, if any`] : [],
  }
}

function http(name: string, { scheme }: Fields): FoundAuth | undefined {
  const word = textOf(scheme)?.toLowerCase()
  if (word === 'basic') return basic
  if (word !== 'bearer') return undefined
  const field = secretField(name)
  return {
    ...nothing,
    auth_type: 'keys',
    fields: [field],
    auth: [{ kind: 'bearer', token: `{{custom_fields.${field.name}}}` }],
  }
}

/** OpenAPI 3 has `flows`, 2.0 one `flow` beside its URLs. */
function oauth2(name: string, scheme: Fields): FoundAuth | undefined {
  const flows = scheme.flows === undefined ? { [String(scheme.flow)]: scheme } : asFields(scheme.flows)
  const code = asFields(flows.authorizationCode ?? flows.accessCode)
  const client = asFields(flows.clientCredentials ?? flows.application)
  const authorizeUrl = textOf(code.authorizationUrl)
  const tokenUrl = textOf(code.tokenUrl)
  if (authorizeUrl !== undefined && tokenUrl !== undefined) {
    const refreshUrl = textOf(code.refreshUrl)
    return {
      ...nothing,
      auth_type: 'oauth',
      auth: [{ kind: 'bearer' }],
      oauth: {
        authorize_url: authorizeUrl,
        token_url: tokenUrl,
        ...(refreshUrl !== undefined && refreshUrl !== tokenUrl && { refresh_url: refreshUrl }),
      },
      undecided: ['oauth.client_auth: post is taken, and basic may be meant', ...scopesOf(name, code)],
    }
  }
  const clientTokenUrl = textOf(client.tokenUrl)
  if (clientTokenUrl === undefined) return undefined
  return {
    ...nothing,
    auth_type: 'keys',
    fields: [
      { name: 'client_id', label: 'Client id' },
      { name: 'client_secret', label: 'Client secret', type: 'password' },
    ],
    auth: [{ kind: 'client-credentials', token_url: clientTokenUrl }],
    undecided: ['auth: client_auth is basic, and post may be meant', ...scopesOf(name, client)],
  }
}

function scopesOf(name: string, { scopes }: Fields): readonly string[] {
  const known = Object.keys(asFields(scopes))
  if (known.length === 0) return []
  const shown = known.slice(0, 12).join(', ')
  return [
    `which scopes of ${name} are asked for: ${shown}${known.length > 12 ? `, and ${known.length - 12} more` : ''}`,
  ]
}

function secretField(scheme: string): CustomField & { readonly name: string } {
  const name = scheme
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase()
    .slice(0, 64)
  return { name: /^[a-z]/.test(name) ? name : 'api_key', label: scheme, type: 'password' }
}
