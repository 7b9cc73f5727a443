import { type App, AppFault, type AppRegistry, type ListedApp } from './app.js'
import type { AppDefinition } from './app-definition.js'
import { appId } from './app-id.js'
import { isRecord } from './app-shape.js'
import { type CompileOptions, compileDefinition } from './compile-definition.js'
import { sharedText } from './shared-text.js'

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
  /**
   * Definitions that are known to be sound: each is compiled when it is first asked for. The names of the host's own
   * definitions, also of faulty ones, are not the catalogue's: an entry with such a slug is not there.
   */
  readonly catalog?: readonly AppDefinition[]
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
  /** By the names that were asked for. */
  const apps = new Map<string, App>()
  const byName = new Map<string, Entry>()
  const byId = new Map<string, Entry>()
  const located: DefinitionFault[] = []
  for (const [index, definition] of definitions.entries()) {
    const { app, faults } = compileDefinition(definition, options)
    const clashes = app === undefined ? faults : findClashes(app, byName, byId)
    located.push(...locate(definition, index, clashes))
    if (app === undefined || clashes.length > 0) continue
    const entry: Entry = { ...summaryOf(app.definition, false), compiled: () => app }
    byId.set(app.id, entry)
    for (const name of namesOf(app)) byName.set(name, entry)
  }
  if (options.onFault !== undefined) for (const fault of located) options.onFault(fault)
  else if (located.length > 0) throw new AppDefinitionError(located)
  addCatalog(definitions, options, byName, byId)
  const sorted = [...byId.values()].sort((one, other) => (one.slug < other.slug ? -1 : 1))

  function findFirst(name: string): App | undefined {
    const app = byName.get(name)?.compiled()
    if (app !== undefined) apps.set(sharedText(name), app)
    return app
  }

  return {
    find: (name) => apps.get(name) ?? findFirst(name),
    findById: (id) => byId.get(id)?.compiled(),
    list: () => sorted,
  }
}

interface Entry extends ListedApp {
  compiled(): App
}

function summaryOf(definition: AppDefinition, isFromCatalog: boolean): ListedApp {
  return { definition, id: appId(definition), slug: definition.name_slug, isFromCatalog }
}

function addCatalog(
  own: readonly AppDefinition[],
  options: AppRegistryOptions,
  byName: Map<string, Entry>,
  byId: Map<string, Entry>,
): void {
  // A faulty definition must not let the entry that it was to replace take its calls.
  const taken = new Set(own.flatMap(writtenNames))
  for (const definition of options.catalog ?? []) {
    const summary = summaryOf(definition, true)
    if (taken.has(summary.slug) || byName.has(summary.slug) || byId.has(summary.id)) continue
    let app: App | undefined
    const entry: Entry = {
      ...summary,
      compiled() {
        app ??= compileApp(definition, options)
        return app
      },
    }
    byId.set(entry.id, entry)
    byName.set(entry.slug, entry)
    for (const alias of definition.aliases ?? []) if (!taken.has(alias) && !byName.has(alias)) byName.set(alias, entry)
  }
}

function findClashes(app: App, byName: ReadonlyMap<string, Entry>, byId: ReadonlyMap<string, Entry>): AppFault[] {
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

function taken(field: string, by: Entry | undefined): AppFault {
  return new AppFault(field, `is taken by the app ${by?.slug}`)
}

function locate(definition: unknown, index: number, faults: readonly AppFault[]): DefinitionFault[] {
  const [slug] = writtenNames(definition)
  const app = slug ?? `apps[${index}]`
  return faults.map((fault) => ({ app, index, fault }))
}

/** The slug and the aliases of a definition of any shape. */
function writtenNames(definition: unknown): readonly string[] {
  if (!isRecord(definition)) return []
  const { name_slug: slug, aliases } = definition
  if (typeof slug !== 'string' || slug === '') return []
  const others: readonly unknown[] = Array.isArray(aliases) ? aliases : []
  return [slug, ...others.filter((name) => typeof name === 'string')]
}
