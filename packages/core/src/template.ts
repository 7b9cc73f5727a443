import type { CredentialValues } from './account.js'
import { AppFault } from './app.js'
import { ProxyError } from './errors.js'
import { sharedText } from './shared-text.js'
import { type Moment, templateFunctions } from './template-functions.js'
import { parseTemplate, type TemplatePiece } from './template-syntax.js'

/** A text with places for an account's values, compiled when its app was loaded. */
export interface Template {
  /**
   * The text with its values set in, once: what a value holds is never read as a template. `moment` is needed for
   * `now()`. Throws `account_config_invalid` naming a value that the account lacks.
   */
  render(values: CredentialValues, moment?: Moment): string
  /** Names of the custom fields it uses. */
  readonly fields: readonly string[]
  /** No places at all: `render` gives the text itself. */
  readonly isStatic: boolean
  /** As written. */
  readonly text: string
}

/** Gives the text of one piece. */
export type TemplatePart = (values: CredentialValues, moment: Moment | undefined) => string

/** Compiles a template; throws an `AppFault` for `field`, the place in the definition where the text stands. */
export function compileTemplate(text: string, field: string): Template {
  const pieces = parseTemplate(text, field)
  const fields: string[] = []
  const parts = pieces.map((piece) => compilePiece(piece, field, fields))
  const [first] = parts
  return {
    text,
    fields: [...new Set(fields)],
    isStatic: pieces.every((piece) => piece.kind === 'text'),
    render: parts.length === 1 && first !== undefined ? first : (values, moment) => join(parts, values, moment),
  }
}

function join(parts: readonly TemplatePart[], values: CredentialValues, moment: Moment | undefined): string {
  let text = ''
  for (const part of parts) text += part(values, moment)
  return text
}

/** Compiles one piece and adds the custom fields it uses to `fields`. */
export function compilePiece(piece: TemplatePiece, field: string, fields: string[]): TemplatePart {
  if (piece.kind === 'text') {
    const { text } = piece
    return () => text
  }
  if (piece.kind === 'value') {
    const { source } = piece
    const name = sharedText(piece.name)
    if (source === 'request') return (_, moment) => requestText(moment, name)
    if (source === 'credentials') return (values) => ownText(values.credentials, name, 'credentials')
    fields.push(name)
    return (values) => ownText(values.customFields, name, 'custom_fields')
  }
  return compileCall(piece, field, fields)
}

function compileCall(piece: TemplatePiece & { kind: 'call' }, field: string, fields: string[]): TemplatePart {
  const { name } = piece
  const known = templateFunctions.get(name)
  if (known === undefined) {
    throw new AppFault(field, `calls ${name}(); templates know ${[...templateFunctions.keys()].join(', ')}`)
  }
  const count = piece.parameters.length
  if (count < known.least || count > known.most) {
    const wanted = known.least === known.most ? String(known.least) : `${known.least} to ${known.most}`
    throw new AppFault(field, `calls ${name}() with ${count} values; it takes ${wanted}`)
  }
  const parameters = piece.parameters.map((parameter) => compilePiece(parameter, field, fields))
  return (values, moment) =>
    known.call(
      parameters.map((parameter) => parameter(values, moment)),
      moment,
    )
}

function requestText(moment: Moment | undefined, name: string): string {
  if (moment?.request === undefined) throw new Error('a template over a request was rendered without one')
  return moment.request(name)
}

function ownText(values: Readonly<Record<string, string>>, name: string, source: string): string {
  const value: unknown = Object.hasOwn(values, name) ? values[name] : undefined
  if (typeof value === 'string') return value
  throw new ProxyError('account_config_invalid', `The account has no value for ${source}.${name}.`, {
    details: { field: `${source}.${name}` },
  })
}
