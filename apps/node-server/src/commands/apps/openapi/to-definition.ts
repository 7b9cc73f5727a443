import type { AppDefinition, AuthEntry, CustomField } from '@proxy/core'
import { authOfScheme, type FoundAuth } from './auth-of-scheme.js'
import { baseOfServers } from './base-of-servers.js'
import { type ApiDocument, readApiDocument } from './document.js'

export interface Imported {
  readonly definition: AppDefinition
  /** For people: what the document leaves open, or says in a way that a definition cannot. */
  readonly undecided: readonly string[]
}

export interface ImportOptions {
  readonly slug: string | undefined
  /** The file or URL of the document. */
  readonly place: string
}

/** Servers and security schemes of an OpenAPI document as an app definition. */
export function toDefinition(data: unknown, { slug, place }: ImportOptions): Imported {
  const document = readApiDocument(data, place)
  const base = baseOfServers(document.servers)
  const found = authOfDocument(document)
  const fields = uniqueFields([...base.fields, ...found.fields])
  const name = document.title.trim() || 'Unnamed API'
  return {
    definition: {
      name_slug: slug ?? slugOf(name),
      name,
      auth_type: found.auth_type,
      ...(fields.length > 0 && { custom_fields: fields }),
      connect: base.connect,
      auth: found.auth,
      ...(found.oauth && { oauth: found.oauth }),
      ...(document.docs !== undefined && { docs: document.docs }),
    },
    undecided: [...base.undecided, ...found.undecided, 'health: a cheap GET that only a valid credential gets through'],
  }
}

/** The alternative that serves end users best: a grant before a key, a key before a password. */
function authOfDocument({ schemes, security }: ApiDocument): FoundAuth {
  const named = (security ?? [...schemes.keys()].map((name) => [name])).filter((names) => names.length > 0)
  const isOpen = schemes.size === 0
  const none = { auth_type: 'none', fields: [], auth: [{ kind: 'none' }], oauth: undefined } as const
  if (isOpen) return { ...none, undecided: ['auth: the document names no security scheme'] }
  const undecided: string[] = []
  const candidates = named.flatMap((names) => {
    const parts = names.map((name) => ({ name, found: authOfScheme(name, schemes.get(name) ?? {}) }))
    const missing = parts.filter(({ found }) => found === undefined).map(({ name }) => name)
    if (missing.length > 0) {
      undecided.push(
        `auth: ${missing.map((name) => describe(name, schemes.get(name))).join(', ')} has to be written by hand`,
      )
      return []
    }
    return [{ names, found: join(parts.flatMap(({ found }) => found ?? [])) }]
  })
  const [best, ...others] = [...candidates].sort((one, other) => rank(one.found) - rank(other.found))
  if (best === undefined) return { ...none, undecided }
  if (others.length > 0) {
    undecided.push(
      `auth: ${best.names.join(' and ')} is taken; also possible: ${others.map(({ names }) => names.join(' and ')).join(', ')}`,
    )
  }
  return { ...best.found, undecided: [...undecided, ...best.found.undecided] }
}

function describe(name: string, scheme: Readonly<Record<string, unknown>> | undefined): string {
  const details = [scheme?.type, scheme?.scheme, scheme?.openIdConnectUrl].filter((text) => typeof text === 'string')
  return details.length === 0 ? name : `${name} (${details.join(' ')})`
}

/** Schemes that are needed together. */
function join(parts: readonly FoundAuth[]): FoundAuth {
  return {
    auth_type: parts.some(({ auth_type }) => auth_type === 'oauth') ? 'oauth' : 'keys',
    fields: parts.flatMap(({ fields }) => fields),
    auth: parts.flatMap(({ auth }) => auth),
    oauth: parts.find(({ oauth }) => oauth !== undefined)?.oauth,
    undecided: parts.flatMap(({ undecided }) => undecided),
  }
}

const order = ['bearer', 'header', 'client-credentials', 'basic', 'query', 'cookie', 'mtls']

function rank({ auth_type, auth }: FoundAuth): number {
  if (auth_type === 'oauth') return -1
  return Math.max(...auth.map(({ kind }: AuthEntry) => order.indexOf(kind)))
}

/** Two schemes may want the same field, such as a password. */
function uniqueFields(fields: readonly CustomField[]): readonly CustomField[] {
  return [...new Map(fields.map((field) => [field.name, field])).values()]
}

function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return slug.slice(0, 100) || 'unnamed'
}
