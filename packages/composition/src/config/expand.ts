import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Fault, Path } from './fault.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** `$${` stands for `${`; then `${file:/path}`, `${NAME}` and `${NAME:-default}`. */
const reference = /\$\$\{|\$\{(?:file:([^}]*)|([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?|([^}]*))\}/g

export interface ExpandContext {
  readonly environment: Environment
  /** What relative paths of files are relative to. */
  readonly folder: string
  /** Gets each reference that cannot be followed. */
  readonly faults: Fault[]
}

/**
 * Puts the values of variables and files in the place of references, in texts at any depth; what they hold is not
 * expanded again.
 */
export function expandReferences(data: unknown, context: ExpandContext, path: Path = []): unknown {
  if (typeof data === 'string') return data.includes('${') ? expandText(data, context, path) : data
  if (Array.isArray(data)) return data.map((item, index) => expandReferences(item, context, [...path, index]))
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, expandReferences(value, context, [...path, key])]),
  )
}

function expandText(text: string, context: ExpandContext, path: Path): string {
  const fail = (message: string): string => {
    context.faults.push({ path, message })
    return ''
  }
  return text.replace(reference, (whole, file?: string, name?: string, usual?: string, unknown?: string) => {
    if (whole === '$${') return '${'
    if (file !== undefined) return readReferenced(resolve(context.folder, file), fail)
    if (name === undefined) {
      return fail(`\${${unknown}} is neither \${NAME} nor \${file:/path}; write $\${ for a plain \${`)
    }
    const value = context.environment[name]
    if (value !== undefined && value !== '') return value
    return usual ?? fail(`the environment variable ${name} is not set`)
  })
}

function readReferenced(file: string, fail: (message: string) => string): string {
  try {
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    return text === '' ? fail(`the file ${file} is empty`) : text
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    return fail(`the file ${file} cannot be read (${code})`)
  }
}
