import { type App, AppFault, type AppRegistry } from './app.js'
import type { AppDefinition } from './app-definition.js'
import { type CompileOptions, compileDefinition } from './compile-definition.js'

/** All that is wrong with one or more definitions; `message` lists it line by line. */
export class AppDefinitionError extends Error {
  override readonly name = 'AppDefinitionError'
  readonly faults: readonly DefinitionFault[]

  constructor(faults: readonly DefinitionFault[]) {
    super(faults.map(({ app, fault }) => `${app}: ${fault.field} ${fault.message}`).join('\n'))
    this.faults = faults
  }
}

export interface DefinitionFault {
  /** The slug, or `apps[index]` when there is none. */
  readonly app: string
  /** Place of the definition in the list; 0 for a single one. */
  readonly index: number
  readonly fault: AppFault
}

export interface AppRegistryOptions extends CompileOptions {
  /** Gets the faults one by one; a definition that has any is left out. Without it they are thrown together. */
  readonly onFault?: (fault: DefinitionFault) => void
}

/** Checks and compiles one definition; throws an `AppDefinitionError` with all its faults. */
export function compileApp(definition: AppDefinition, options: CompileOptions = {}): App {
  const { app, faults } = compileDefinition(definition, options)
  if (app === undefined) throw new AppDefinitionError(locate(definition, 0, faults))
  return app
}

/**
 * Compiles definitions into a registry; slugs, ids and aliases are unique over all of them. Throws an
 * `AppDefinitionError` with every fault of every definition, unless `onFault` takes them.
 */
export function createAppRegistry(
  definitions: readonly AppDefinition[],
  options: AppRegistryOptions = {},
): AppRegistry {
  const byName = new Map<string, App>()
  const byId = new Map<string, App>()
  const located: DefinitionFault[] = []
  for (const [index, definition] of definitions.entries()) {
    const { app, faults } = compileDefinition(definition, options)
    const clashes = app === undefined ? faults : findClashes(app, byName, byId)
    located.push(...locate(definition, index, clashes))
    if (app === undefined || clashes.length > 0) continue
    byId.set(app.id, app)
    for (const name of namesOf(app)) byName.set(name, app)
  }
  if (options.onFault !== undefined) for (const fault of located) options.onFault(fault)
  else if (located.length > 0) throw new AppDefinitionError(located)
  const sorted = [...byId.values()].sort((one, other) => (one.slug < other.slug ? -1 : 1))
  return { find: (slug) => byName.get(slug), findById: (id) => byId.get(id), list: () => sorted }
}

function findClashes(app: App, byName: ReadonlyMap<string, App>, byId: ReadonlyMap<string, App>): AppFault[] {
  const clashes: AppFault[] = []
  const [slug, ...aliases] = namesOf(app)
  if (slug !== undefined && byName.has(slug)) clashes.push(taken('name_slug', byName.get(slug)))
  for (const [index, alias] of aliases.entries()) {
    if (byName.has(alias)) clashes.push(taken(`aliases[${index}]`, byName.get(alias)))
  }
  if (clashes.length === 0 && byId.has(app.id)) clashes.push(taken('id', byId.get(app.id)))
  return clashes
}

function namesOf(app: App): readonly string[] {
  return [app.slug, ...(app.definition.aliases ?? [])]
}

function taken(field: string, by: App | undefined): AppFault {
  return new AppFault(field, `is taken by the app ${by?.slug}`)
}

function locate(definition: unknown, index: number, faults: readonly AppFault[]): DefinitionFault[] {
  const slug =
    typeof definition === 'object' && definition !== null && 'name_slug' in definition
      ? definition.name_slug
      : undefined
  const app = typeof slug === 'string' && slug !== '' ? slug : `apps[${index}]`
  return faults.map((fault) => ({ app, index, fault }))
}
