import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './usage-error.js'

type Options = NonNullable<ParseArgsConfig['options']>

/** As `parseArgs`, with `--config`; throws a `UsageError` for what is not understood. */
export function readOptions<T extends Options>(args: readonly string[], options: T) {
  const all = { config: { type: 'string', short: 'c' }, ...options } as const
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: all })
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
