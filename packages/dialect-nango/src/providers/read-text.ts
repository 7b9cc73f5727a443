import { Inexpressible } from './inexpressible.js'

/** A piece of a provider file's template: text, a placeholder `${name}`, or a call `${name(…)}`. */
export type TextPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'place'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly pieces: readonly TextPiece[] }

/** Splits a template into its pieces. Throws for a `${` without its end. */
export function readText(text: string): readonly TextPiece[] {
  const pieces: TextPiece[] = []
  let position = 0
  for (let start = text.indexOf('${'); start !== -1; start = text.indexOf('${', position)) {
    if (start > position) pieces.push({ kind: 'text', text: text.slice(position, start) })
    const end = endOfPlace(text, start + 2)
    pieces.push(readPlace(text.slice(start + 2, end)))
    position = end + 1
  }
  if (position < text.length) pieces.push({ kind: 'text', text: text.slice(position) })
  return pieces
}

/** The alternatives of `A || B`, each without the blanks round it. */
export function alternativesOf(text: string): readonly string[] {
  return text.split(' || ').map((part) => part.trim())
}

/** Index of the `}` that belongs to the `${` before `from`. */
function endOfPlace(text: string, from: number): number {
  let depth = 1
  for (let index = from; index < text.length; index++) {
    if (text.startsWith('${', index)) depth += 1
    else if (text[index] === '}') depth -= 1
    if (depth === 0) return index
  }
  throw new Inexpressible(`a template with a \${ without its }`)
}

function readPlace(inner: string): TextPiece {
  const [, name, parameters] = /^(\w+)\((.*)\)$/s.exec(inner) ?? []
  if (name !== undefined && parameters !== undefined) return { kind: 'call', name, pieces: readText(parameters) }
  return { kind: 'place', name: inner.trim() }
}
