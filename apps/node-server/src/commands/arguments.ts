import { parseArgs } from 'node:util'
import { UsageError } from './usage-error.js'

interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly default?: string
}

/** Texts that are not given are undefined unless they have a default; a flag is true when it stands there. */
type OptionValues<T extends Readonly<Record<string, Option>>> = {
  readonly [Name in keyof T]: T[Name] extends { readonly type: 'boolean' }
    ? boolean
    : T[Name] extends { readonly default: string }
      ? string
      : string | undefined
}

export interface ReadArguments<T extends Readonly<Record<string, Option>>> {
  readonly values: OptionValues<T> & { readonly config: string | undefined }
  readonly positionals: readonly string[]
}

/** As `parseArgs`, with `--config`; throws a `UsageError` for what is not understood. */
export function readOptions<const T extends Readonly<Record<string, Option>>>(
  args: readonly string[],
  options: T,
): ReadArguments<T> {
  const all: Record<string, Option> = { config: { type: 'string', short: 'c' }, ...options }
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: all })
    const filled = Object.entries(all).map(([name, option]) => [
      name,
      values[name] ?? (option.type === 'boolean' ? false : undefined),
    ])
    return { values: Object.fromEntries(filled), positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** Which accounts a command is for. */
export const selection = {
  project: { type: 'string' },
  environment: { type: 'string' },
  app: { type: 'string' },
  user: { type: 'string' },
} as const

/** Throws a `UsageError` for words that nobody asked for. */
export function refuseMore(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError(`"${words.join(' ')}" is too much.`)
}
