import { createHash } from 'node:crypto'
import type { Scope } from '@proxy/core'

const places = ['project', 'environment', 'account'] as const
const longestPart = 120
const longestPattern = 120

/** The name of an account's secret. Two accounts never have the same one. */
export type SecretNames = (scope: Scope, id: string) => string

/**
 * Names by a pattern with `{project}`, `{environment}` and `{account}`, each once, with a `/`, `+` or `@` between them:
 * no part of a name holds one of these. Throws when the pattern is another one.
 */
export function secretNames(pattern: string): SecretNames {
  const pieces = pattern.split(/\{(project|environment|account)\}/)
  const literals = pieces.filter((_, nth) => nth % 2 === 0)
  const named = pieces.filter((_, nth) => nth % 2 === 1)
  if (named.length !== places.length || !places.every((place) => named.includes(place))) {
    throw new Error('The name pattern must hold {project}, {environment} and {account}, each once.')
  }
  if (!literals.every((text) => /^[A-Za-z0-9/_+=.@-]*$/.test(text)) || literals.join('').length > longestPattern) {
    throw new Error(
      `The name pattern may have ${longestPattern} of the characters A-Z a-z 0-9 / _ + = . @ - beside them.`,
    )
  }
  if (!literals.slice(1, -1).every((text) => /[/+@]/.test(text))) {
    throw new Error('The name pattern must have a "/", "+" or "@" between any two of its parts.')
  }
  return ({ project, environment }, id) => {
    const parts: Readonly<Record<string, string>> = { project, environment, account: id }
    return pieces.map((piece, nth) => (nth % 2 === 0 ? piece : encodePart(parts[piece] ?? ''))).join('')
  }
}

/** Letters, digits, `_`, `.` and `-` stand for themselves, other bytes as `=2F`, and long texts as `==` and a digest. */
function encodePart(text: string): string {
  const encoded = Array.from(Buffer.from(text), (byte) => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9_.-]/.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
  return encoded.length <= longestPart ? encoded : `==${createHash('sha256').update(text).digest('hex')}`
}
