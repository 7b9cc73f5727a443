import { AppFault } from './app.js'
import type { CustomField } from './app-definition.js'
import { customFieldFault, isHostLabel, isHostName } from './custom-fields.js'
import { ProxyError } from './errors.js'
import { type HostRuleOptions, isIpLiteral, isPublicSuffixBy } from './host-rules.js'
import { isPrivateName } from './private-names.js'
import { parseTarget, type Target } from './target.js'
import type { TemplatePiece } from './template-syntax.js'

/** The values that a host may be made of: public custom fields by name. */
export type PublicFields = Readonly<Record<string, string>>

/** What the templates of one app may use. */
export interface TemplateScope extends HostRuleOptions {
  readonly customFields: ReadonlyMap<string, CustomField>
}

/** A host name with custom fields in it. */
export interface HostTemplate {
  readonly fields: readonly string[]
  /** A host that it could make, to check the fixed parts by. */
  readonly sample: string
  /** The host in lower case, not yet checked as a whole. Throws `account_config_invalid` naming the field. */
  render(values: PublicFields): string
}

/**
 * Compiles the pieces of a host. A field followed by more of the host is one label or a part of one; a field at the end
 * is a whole host name. Throws an `AppFault` for `field`.
 */
export function compileHostTemplate(
  pieces: readonly TemplatePiece[],
  scope: TemplateScope,
  field: string,
): HostTemplate {
  const parts = pieces.map((piece, index) => {
    if (piece.kind === 'text') {
      if (!/^[a-z0-9.-]+$/.test(piece.text)) {
        throw new AppFault(field, 'may hold lower-case letters, digits, hyphens, dots and custom fields in its host')
      }
      return piece.text
    }
    const name = requirePublicField(piece, scope, field)
    const before = pieces[index - 1]
    const after = pieces[index + 1]
    if (after !== undefined && after.kind !== 'text')
      throw new AppFault(field, 'has two fields side by side in its host')
    if (after === undefined && before?.kind === 'text' && !before.text.endsWith('.')) {
      throw new AppFault(field, `has custom_fields.${name} at the end of its host without a dot before it`)
    }
    return { name, isLabel: after !== undefined }
  })
  const last = parts.at(-1)
  if (typeof last === 'string' && parts.length > 1 && !/\.[a-z0-9-]*[a-z][a-z0-9-]*$/.test(last)) {
    throw new AppFault(field, 'needs a fixed domain behind its custom field, such as .example.com')
  }
  return {
    fields: parts.flatMap((part) => (typeof part === 'string' ? [] : [part.name])),
    sample: parts.map((part) => (typeof part === 'string' ? part : part.isLabel ? 'x' : 'x.example')).join(''),
    render: (values) => {
      let host = ''
      for (const part of parts) host += typeof part === 'string' ? part : hostValue(part, values, scope)
      return host.toLowerCase()
    },
  }
}

function hostValue({ name, isLabel }: { name: string; isLabel: boolean }, values: PublicFields, scope: TemplateScope) {
  const value = requireValue(name, values, scope)
  if (isLabel && !isHostLabel(value)) {
    throw unfit(name, 'must be one label of a host name: letters, digits and inner hyphens, at most 63')
  }
  if (!isLabel && !isHostName(value)) throw unfit(name, 'must be a host name such as api.example.com')
  return value
}

/** The name of a piece that may stand in host or base; throws an `AppFault` for everything else. */
export function requirePublicField(piece: TemplatePiece, scope: TemplateScope, field: string): string {
  if (piece.kind !== 'value' || piece.source !== 'custom_fields') {
    throw new AppFault(
      field,
      'may use custom_fields only: a credential belongs into auth, where it cannot choose a host',
    )
  }
  const declared = scope.customFields.get(piece.name)
  if (declared === undefined) throw new AppFault(field, `uses custom_fields.${piece.name}, which the app does not have`)
  if (declared.type === 'password') {
    throw new AppFault(field, `uses custom_fields.${piece.name}, a password, which belongs into auth`)
  }
  return piece.name
}

/** A field's value in its declared format; throws `account_config_invalid`. */
export function requireValue(name: string, values: PublicFields, scope: TemplateScope): string {
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  if (typeof value !== 'string' || value === '') throw unfit(name, 'is missing')
  const declared = scope.customFields.get(name)
  const fault = declared && customFieldFault(declared, value)
  if (fault !== undefined) throw unfit(name, fault)
  return value
}

/** Reads a rendered URL; throws `account_config_invalid` naming `name` unless its host may be called. */
export function requirePublicTarget(url: string, name: string, scope: TemplateScope): Target {
  const target = readTarget(url)
  if (target === undefined) throw unfit(name, 'does not make a valid host name')
  if (scope.isExempt?.(target.hostname, target.port) === true) return target
  if (isIpLiteral(target.hostname)) throw unfit(name, 'must be a host name, not an IP address')
  if (isPrivateName(target.hostname)) throw unfit(name, 'must be a public host name')
  if (isPublicSuffixBy(scope, target.hostname)) throw unfit(name, 'must be a host name below a public suffix')
  return target
}

function readTarget(url: string): Target | undefined {
  try {
    return parseTarget(url)
  } catch {
    return undefined
  }
}

/** `account_config_invalid` for one custom field. */
export function unfit(name: string, reason: string): ProxyError {
  return new ProxyError('account_config_invalid', `The account's custom field ${name} ${reason}.`, {
    details: { field: `custom_fields.${name}` },
  })
}

/** Splits `:port` off the last piece of a host. */
export function takePort(pieces: readonly TemplatePiece[]): {
  readonly hostPieces: readonly TemplatePiece[]
  readonly port: string
} {
  const last = pieces.at(-1)
  const port = last?.kind === 'text' ? (/:\d*$/.exec(last.text)?.[0] ?? '') : ''
  if (last?.kind !== 'text' || port === '') return { hostPieces: pieces, port: '' }
  const text = last.text.slice(0, -port.length)
  return { hostPieces: text === '' ? pieces.slice(0, -1) : [...pieces.slice(0, -1), { kind: 'text', text }], port }
}
