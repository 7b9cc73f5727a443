import type { CredentialValues } from '../account.js'
import { AppFault } from '../app.js'
import type { RequestDescription } from '../ports/auth-strategy.js'
import { compilePiece } from '../template.js'
import { allSources, parseTemplate, type TemplatePiece } from '../template-syntax.js'
import { isRequestValue, requestText, requestValueNames, type SignatureParts } from './signed-request.js'

/** A template over the request too: `{{request.method}}` and the others beside an account's values. */
export interface SignedText {
  /** The text in pieces, to be taken one behind the other: the body as its bytes. */
  pieces(values: CredentialValues, request: RequestDescription, parts: SignatureParts): readonly (string | Buffer)[]
  /** Whether it uses the body, or a digest of it. */
  readonly usesBody: boolean
}

/** Compiles a text that is signed, or in which the signature stands (`withSignature`). */
export function compileSignedText(
  text: string,
  field: string,
  customFields: ReadonlySet<string>,
  withSignature: boolean,
): SignedText {
  const pieces = parseTemplate(text, field, allSources)
  const used: string[] = []
  const fields: string[] = []
  for (const piece of pieces) collectNames(piece, used, field)
  if (!withSignature && used.includes('signature'))
    throw new AppFault(field, 'cannot hold the signature that it is for')
  const parts = pieces.map((piece) => (isBody(piece) ? undefined : compilePiece(piece, field, fields)))
  const unknown = fields.find((name) => !customFields.has(name))
  if (unknown !== undefined) throw new AppFault(field, `uses custom_fields.${unknown}, which the app does not have`)
  return {
    usesBody: used.some((name) => name.startsWith('body')),
    pieces(values, request, signature) {
      const moment = { now: request.now, request: (name: string) => requestText(request, signature, name) }
      return parts.map((part) => (part === undefined ? (request.body ?? '') : part(values, moment)))
    },
  }
}

function isBody(piece: TemplatePiece): boolean {
  return piece.kind === 'value' && piece.source === 'request' && piece.name === 'body'
}

function collectNames(piece: TemplatePiece, names: string[], field: string): void {
  if (piece.kind === 'call') for (const parameter of piece.parameters) collectNames(parameter, names, field)
  if (piece.kind !== 'value' || piece.source !== 'request') return
  if (!isRequestValue(piece.name)) {
    throw new AppFault(field, `uses request.${piece.name}; a request has ${requestValueNames.join(', ')}`)
  }
  names.push(piece.name)
}
