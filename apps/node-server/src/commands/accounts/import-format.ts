import type { Config } from '@proxy/composition'
import type { Account, Environment, Sealer } from '@proxy/core'

/** What an import is read from. May be read more than once. */
export interface ImportSource {
  /** For messages: the file's path, or `stdin`. */
  readonly name: string
  /** Lines without their ends. */
  lines(): AsyncIterable<string>
  /** The whole of it. */
  text(): Promise<string>
}

/** One account of a source, or what is wrong with it. */
export interface ImportRow {
  /** The line on which it begins, from 1. */
  readonly line: number
  /** Undefined when there are faults. */
  readonly account: Account | undefined
  /** Each begins with the field it is about; none holds a value. */
  readonly faults: readonly string[]
}

export interface ImportContext {
  readonly config: Config
  /** Opens what was exported sealed; undefined without encryption keys. */
  readonly sealer: Sealer | undefined
  /** For rows that name none. */
  readonly project: string | undefined
  readonly environment: Environment | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

/** A form that accounts can be imported from: `--from NAME`. */
export interface ImportFormat {
  read(source: ImportSource, context: ImportContext): AsyncIterable<ImportRow>
}
