import type { Scope } from '../account.js'

/** Names that a project gave to apps of its own accord, besides their slugs and aliases. */
export interface AppNames {
  /** Undefined when the project has no such name. */
  find(name: string, scope: Scope): Promise<NamedApp | undefined>
}

export interface NamedApp {
  /** The app's slug. */
  readonly app: string
  /** Stands before the external ids of this name's accounts, so that two names of one app have their own. */
  readonly externalIdPrefix: string
}
