import { AppFault, type DefaultHeader } from './app.js'

import { collectFault } from './collect-fault.js'
import { hopByHopHeaders, isHeaderName, isHeaderValue } from './headers.js'
import type { TemplateScope } from './host-template.js'
import { compileTemplate, type Template } from './template.js'
import { parseTemplate, type TemplatePiece } from './template-syntax.js'

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
    collectFault(faults, () => {
      if (!isHeaderName(written)) throw new AppFault(field, 'is not a valid header name')
      if (refusedDefaults.has(name) || /^(?:proxy|sec|x-forwarded|x-pd)-/.test(name)) {
        throw new AppFault(field, 'cannot be a default header; a credential belongs into auth')
      }
      if (compiled.has(name)) throw new AppFault(field, `repeats ${name}`)
      if (!isHeaderValue(text)) throw new AppFault(field, 'has a value that a header cannot carry')
      const value = compileTemplate(text, field)
      requireDeclared(value, scope, field)
      for (const piece of parseTemplate(text, field)) refuseSecrets(piece, scope, field)
      compiled.set(name, { name, value, optionalFields: value.fields.filter((one) => mayBeAbsent(one, scope)) })
    })
  }
  return [...compiled.values()]
}

function mayBeAbsent(name: string, { customFields }: TemplateScope): boolean {
  const field = customFields.get(name)
  return field?.optional === true && field.default === undefined
}

function requireDeclared(template: Template, scope: TemplateScope, field: string): void {
  for (const name of template.fields) {
    if (!scope.customFields.has(name))
      throw new AppFault(field, `uses custom_fields.${name}, which the app does not have`)
  }
}

function refuseSecrets(piece: TemplatePiece, scope: TemplateScope, field: string): void {
  if (piece.kind === 'call') for (const parameter of piece.parameters) refuseSecrets(parameter, scope, field)
  if (piece.kind !== 'value') return
  if (piece.source === 'credentials' || scope.customFields.get(piece.name)?.type === 'password') {
    throw new AppFault(field, `uses ${piece.source}.${piece.name}, a secret, which belongs into auth`)
  }
}
