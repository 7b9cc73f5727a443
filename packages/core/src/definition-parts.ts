import { AppFault, type DefaultHeader } from './app.js'
import type { AppDefinition, OAuthSettings } from './app-definition.js'
import { isRecord } from './app-shape.js'
import { type BaseScope, compileBase } from './base-template.js'
import { hopByHopHeaders, isHeaderName, isHeaderValue } from './headers.js'
import type { TemplateScope } from './host-template.js'
import type { AuthStrategy, PreparedAuth } from './ports/auth-strategy.js'
import { compileTemplate, type Template } from './template.js'
import { parseTemplate, type TemplatePiece } from './template-syntax.js'

/** Prepares every `auth` entry by its strategy; one fault for each bad entry is added to `faults`. */
export function prepareAuth(
  definition: AppDefinition,
  strategies: ReadonlyMap<string, AuthStrategy>,
  scope: TemplateScope,
  faults: AppFault[],
): readonly PreparedAuth[] {
  const prepared: PreparedAuth[] = []
  const takenBy = new Map<string, string>()
  const entries: unknown = definition.auth ?? []
  if (!Array.isArray(entries)) return prepared
  if (entries.length === 0 && definition.auth_type !== 'none') {
    faults.push(new AppFault('auth', 'needs an entry that places the credential, unless auth_type is none'))
  }
  for (const [index, entry] of entries.entries()) {
    const field = `auth[${index}]`
    if (!isRecord(entry) || typeof entry.kind !== 'string' || entry.kind === '') continue
    collect(faults, () => {
      const one = prepareEntry(entry, entry.kind as string, strategies, field)
      requireKnownFields(entry, scope, field)
      requireFree(one, takenBy, field)
      prepared.push(one)
    })
  }
  return prepared
}

function prepareEntry(
  entry: Readonly<Record<string, unknown>>,
  kind: string,
  strategies: ReadonlyMap<string, AuthStrategy>,
  field: string,
): PreparedAuth {
  const strategy = strategies.get(kind)
  if (strategy === undefined) {
    throw new AppFault(`${field}.kind`, `is none of ${[...strategies.keys()].join(', ')}`)
  }
  return strategy.prepare(entry, field)
}

/** Custom fields that any text of an entry names must be declared, or no account could ever have them. */
function requireKnownFields(value: unknown, scope: TemplateScope, field: string): void {
  if (typeof value === 'string') {
    if (value.includes('{{')) requireDeclared(compileTemplate(value, field), scope, field)
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) requireKnownFields(item, scope, `${field}[${index}]`)
  } else if (isRecord(value)) {
    for (const [key, item] of Object.entries(value)) requireKnownFields(item, scope, `${field}.${key}`)
  }
}

function requireDeclared(template: Template, scope: TemplateScope, field: string): void {
  for (const name of template.fields) {
    if (!scope.customFields.has(name))
      throw new AppFault(field, `uses custom_fields.${name}, which the app does not have`)
  }
}

/** Two entries must not set the same header or parameter; cookies add up in one header. */
function requireFree(one: PreparedAuth, takenBy: Map<string, string>, field: string): void {
  const keys = [
    ...one.headerNames.filter((name) => name !== 'cookie').map((name) => `header ${name}`),
    ...one.queryNames.map((name) => `query parameter ${name}`),
  ]
  for (const key of keys) {
    const other = takenBy.get(key)
    if (other !== undefined) throw new AppFault(field, `sets the ${key}, which ${other} sets already`)
    takenBy.set(key, field)
  }
}

/** Framing, routing and credentials: not for default headers. */
const refusedDefaults = new Set([
  ...hopByHopHeaders,
  ...['accept-encoding', 'access-control-request-headers', 'access-control-request-method', 'authorization'],
  ...['content-encoding', 'content-length', 'cookie', 'date', 'dnt', 'expect', 'host', 'origin', 'permissions-policy'],
  ...['referer', 'via'],
])

/** Compiles the app's `headers`; faults are added to `faults`. */
export function compileDefaultHeaders(
  headers: Readonly<Record<string, string>>,
  scope: TemplateScope,
  faults: AppFault[],
): readonly DefaultHeader[] {
  const compiled = new Map<string, DefaultHeader>()
  for (const [written, text] of Object.entries(headers)) {
    const field = `headers.${written}`
    const name = written.toLowerCase()
    if (typeof text !== 'string') continue
    collect(faults, () => {
      if (!isHeaderName(written)) throw new AppFault(field, 'is not a valid header name')
      if (refusedDefaults.has(name) || /^(?:proxy|sec|x-forwarded|x-pd)-/.test(name)) {
        throw new AppFault(field, 'cannot be a default header; a credential belongs into auth')
      }
      if (compiled.has(name)) throw new AppFault(field, `repeats ${name}`)
      if (!isHeaderValue(text)) throw new AppFault(field, 'has a value that a header cannot carry')
      const value = compileTemplate(text, field)
      requireDeclared(value, scope, field)
      for (const piece of parseTemplate(text, field)) refuseSecrets(piece, scope, field)
      compiled.set(name, { name, value })
    })
  }
  return [...compiled.values()]
}

function refuseSecrets(piece: TemplatePiece, scope: TemplateScope, field: string): void {
  if (piece.kind === 'call') for (const parameter of piece.parameters) refuseSecrets(parameter, scope, field)
  if (piece.kind !== 'value') return
  if (piece.source === 'credentials' || scope.customFields.get(piece.name)?.type === 'password') {
    throw new AppFault(field, `uses ${piece.source}.${piece.name}, a secret, which belongs into auth`)
  }
}

/** The URLs of the grant: fixed or over custom fields, to hosts that a base could have. */
export function checkOAuthUrls(oauth: OAuthSettings, scope: BaseScope, faults: AppFault[]): void {
  for (const name of ['authorize_url', 'token_url', 'revoke_url'] as const) {
    const text = oauth[name]
    if (typeof text !== 'string' || text === '') continue
    collect(faults, () => compileBase(text.replace(/\?[^#]*$/, ''), scope, `oauth.${name}`))
  }
}

function collect(faults: AppFault[], compile: () => void): void {
  try {
    compile()
  } catch (error) {
    if (!(error instanceof AppFault)) throw error
    faults.push(error)
  }
}
