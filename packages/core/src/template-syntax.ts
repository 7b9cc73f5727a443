import { AppFault } from './app.js'

/** Whose values a template may name; `request` is for texts that are signed. */
export type TemplateSource = 'custom_fields' | 'credentials' | 'request'

const accountSources: readonly TemplateSource[] = ['custom_fields', 'credentials']
export const allSources: readonly TemplateSource[] = [...accountSources, 'request']

/** One piece of a template's text. */
export type TemplatePiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly source: TemplateSource; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly parameters: readonly TemplatePiece[] }

const identifier = /[A-Za-z_][A-Za-z0-9_-]*/y
/** `method`, or `headers.x-date`. */
const requestValue = /[a-z][a-z0-9_]*(?:\.[A-Za-z0-9_-]+)?/y
const literal = /'([^']*)'|"([^"]*)"/y
const blank = /\s*/y

/**
 * Splits a template: text, `{{custom_fields.name}}`, `{{credentials.name}}`, and calls `{{name(value, 'text')}}`, which
 * may nest. Throws an `AppFault` for `field`.
 */
export function parseTemplate(
  text: string,
  field: string,
  sources: readonly TemplateSource[] = accountSources,
): readonly TemplatePiece[] {
  const pieces: TemplatePiece[] = []
  let position = 0
  for (let open = text.indexOf('{{'); open !== -1; open = text.indexOf('{{', position)) {
    if (open > position) pieces.push({ kind: 'text', text: text.slice(position, open) })
    const reader = { text, position: open + 2, field, sources }
    pieces.push(readExpression(reader))
    if (!accept(reader, '}}')) throw new AppFault(field, 'has a {{ whose expression does not end in }}')
    position = reader.position
  }
  if (position < text.length) pieces.push({ kind: 'text', text: text.slice(position) })
  return pieces
}

interface Reader {
  readonly text: string
  readonly field: string
  readonly sources: readonly TemplateSource[]
  position: number
}

function readExpression(reader: Reader): TemplatePiece {
  skipBlank(reader)
  const quoted = match(reader, literal)
  if (quoted !== undefined) return { kind: 'text', text: quoted.slice(1, -1) }
  const name = match(reader, identifier)
  if (name === undefined) throw new AppFault(reader.field, 'has {{ without a name behind it')
  if (accept(reader, '(')) return { kind: 'call', name, parameters: readParameters(reader) }
  const source = reader.sources.find((known) => known === name)
  if (source === undefined) {
    const known = reader.sources.map((other) => `${other}.NAME`).join(' and ')
    throw new AppFault(reader.field, `uses {{${name}}}; templates know ${known}`)
  }
  if (!accept(reader, '.')) throw new AppFault(reader.field, `uses {{${name}}} without the name of a value`)
  const value = match(reader, source === 'request' ? requestValue : identifier)
  if (value === undefined) throw new AppFault(reader.field, `uses {{${name}.}} without the name of a value`)
  if (source !== 'request' && !isFieldName(value))
    throw new AppFault(reader.field, `uses {{${name}.${value}}}, which is no name for a value`)
  return { kind: 'value', source, name: value }
}

function readParameters(reader: Reader): readonly TemplatePiece[] {
  const parameters: TemplatePiece[] = []
  if (accept(reader, ')')) return parameters
  do parameters.push(readExpression(reader))
  while (accept(reader, ','))
  if (!accept(reader, ')')) throw new AppFault(reader.field, 'has a ( without its )')
  return parameters
}

function accept(reader: Reader, token: string): boolean {
  skipBlank(reader)
  if (!reader.text.startsWith(token, reader.position)) return false
  reader.position += token.length
  return true
}

function skipBlank(reader: Reader): void {
  match(reader, blank)
}

function match(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.position
  const found = pattern.exec(reader.text)?.[0]
  if (found !== undefined) reader.position += found.length
  return found
}

/** A name for a custom field or credential: none that every object has by birth (`constructor`, `__proto__`). */
export function isFieldName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name) && !(name in {}) && name !== 'prototype'
}
