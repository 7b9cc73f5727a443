import { AppFault } from './app.js'
import type { AppDefinition } from './app-definition.js'
import { isRecord } from './app-shape.js'
import type { BaseScope } from './base-template.js'
import { collectFault } from './collect-fault.js'
import type { TemplateScope } from './host-template.js'
import type { AuthStrategy, PrepareContext, PreparedAuth } from './ports/auth-strategy.js'
import { allSources, parseTemplate, type TemplatePiece } from './template-syntax.js'
import { compileUrl } from './url-template.js'

/** Prepares every `auth` entry by its strategy; one fault for each bad entry is added to `faults`. */
export function prepareAuth(
  definition: AppDefinition,
  strategies: ReadonlyMap<string, AuthStrategy>,
  scope: BaseScope,
  faults: AppFault[],
): readonly PreparedAuth[] {
  const prepared: PreparedAuth[] = []
  const context: PrepareContext = {
    customFields: new Set(scope.customFields.keys()),
    compileUrl: (text, field) => compileUrl(text, scope, field),
  }
  const takenBy = new Map<string, string>()
  const entries: unknown = definition.auth ?? []
  if (!Array.isArray(entries)) return prepared
  if (entries.length === 0 && definition.auth_type !== 'none') {
    faults.push(new AppFault('auth', 'needs an entry that places the credential, unless auth_type is none'))
  }
  for (const [index, entry] of entries.entries()) {
    const field = `auth[${index}]`
    if (!isRecord(entry) || typeof entry.kind !== 'string' || entry.kind === '') continue
    collectFault(faults, () => {
      const one = prepareEntry(entry, entry.kind as string, strategies, field, context)
      requireKnownFields(entry, scope, field)
      requireFree(one, takenBy, field)
      requireOneRenewal(one, prepared, field)
      prepared.push(one)
    })
  }
  // What is signed has to be there before the signature.
  return [...prepared.filter((one) => !isSignature(one)), ...prepared.filter(isSignature)]
}

function isSignature(one: PreparedAuth): boolean {
  return one.isSignature === true
}

/** An account has one access token, so one entry of an app may get it. */
function requireOneRenewal(one: PreparedAuth, others: readonly PreparedAuth[], field: string): void {
  const other = others.find(({ renewal }) => renewal !== undefined)
  if (one.renewal === undefined || other === undefined) return
  throw new AppFault(field, `gets an access token, which the entry of kind ${other.kind} gets already`)
}

function prepareEntry(
  entry: Readonly<Record<string, unknown>>,
  kind: string,
  strategies: ReadonlyMap<string, AuthStrategy>,
  field: string,
  context: PrepareContext,
): PreparedAuth {
  const strategy = strategies.get(kind)
  if (strategy === undefined) {
    throw new AppFault(`${field}.kind`, `is none of ${[...strategies.keys()].join(', ')}`)
  }
  return strategy.prepare(entry, field, context)
}

/** Custom fields that any text of an entry names must be declared, or no account could ever have them. */
function requireKnownFields(value: unknown, scope: TemplateScope, field: string): void {
  if (typeof value === 'string') {
    if (!value.includes('{{')) return
    for (const piece of parseTemplate(value, field, allSources)) requireKnownField(piece, scope, field)
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) requireKnownFields(item, scope, `${field}[${index}]`)
  } else if (isRecord(value)) {
    for (const [key, item] of Object.entries(value)) requireKnownFields(item, scope, `${field}.${key}`)
  }
}

function requireKnownField(piece: TemplatePiece, scope: TemplateScope, field: string): void {
  if (piece.kind === 'call') for (const parameter of piece.parameters) requireKnownField(parameter, scope, field)
  if (piece.kind !== 'value' || piece.source !== 'custom_fields' || scope.customFields.has(piece.name)) return
  throw new AppFault(field, `uses custom_fields.${piece.name}, which the app does not have`)
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
