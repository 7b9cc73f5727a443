import type { Config } from '@proxy/composition'
import type { Account, Environment, Scope, Storage } from '@proxy/core'
import { UsageError } from '../usage-error.js'

export interface Selection {
  readonly project?: string | undefined
  readonly environment?: string | undefined
  readonly app?: string | undefined
  readonly user?: string | undefined
}

const rowsOfPage = 500
const environments: readonly Environment[] = ['development', 'production']

/** The scopes that a selection means. Throws a `UsageError` for a name that does not exist. */
export function scopesOf({ projects }: Config, { project, environment }: Selection): readonly Scope[] {
  if (project !== undefined && !projects.some(({ id }) => id === project)) {
    throw new UsageError(`The configuration has no project "${project}".`)
  }
  if (environment !== undefined && !environments.some((known) => known === environment)) {
    throw new UsageError('--environment is development or production.')
  }
  return projects
    .filter(({ id }) => project === undefined || id === project)
    .flatMap(({ id }) => environments.map((known) => ({ project: id, environment: known })))
    .filter((scope) => environment === undefined || scope.environment === environment)
}

/** The accounts of a selection, by project, environment and id. */
export async function* eachAccount(
  config: Config,
  storage: Storage,
  selection: Selection,
): AsyncGenerator<Account, void, undefined> {
  const app = selection.app === undefined ? undefined : (config.registry.find(selection.app)?.slug ?? selection.app)
  const filters = {
    limit: rowsOfPage,
    ...(app !== undefined && { app }),
    ...(selection.user !== undefined && { externalUserId: selection.user }),
  }
  for (const scope of scopesOf(config, selection)) {
    let after: string | undefined
    do {
      const page = await storage.listAccounts({ scope, ...filters, ...(after !== undefined && { after }) })
      yield* page.rows
      after = page.hasMore ? page.rows.at(-1)?.id : undefined
    } while (after !== undefined)
  }
}
