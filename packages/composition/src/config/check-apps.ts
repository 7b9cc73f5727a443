import {
  type AppDefinition,
  type AppFault,
  type AppRegistry,
  compileAllowPrivate,
  createAppRegistry,
} from '@proxy/core'
import { namesOf } from './definition-names.js'
import type { Fault, Path } from './fault.js'
import type { ParsedConfig } from './schema.js'

/** Apps from elsewhere, which give way to the configuration's own and to those of layers before them. */
export interface AppLayer {
  readonly definitions: readonly AppDefinition[]
  /** Gets what is wrong with one; it is left out then. */
  onFault(name: string, fault: AppFault): void
}

/** Compiles the apps of the configuration; what the engine finds wrong with them becomes faults. */
export function checkApps(
  { apps, network }: ParsedConfig,
  catalog: readonly AppDefinition[],
  faults: Fault[],
  layers: readonly AppLayer[] = [],
): AppRegistry {
  const own = apps as readonly AppDefinition[]
  const further = layersBelow(own, layers)
  const definitions = [...own, ...further.map(({ definition }) => definition)]
  const exceptions = readExceptions(network.allowPrivate, faults)
  const unexpanded = new Set(faults.flatMap(({ path: [section, index] }) => (section === 'apps' ? [index] : [])))
  const options = { catalog, isExempt: (host: string, port: number) => exceptions.isExempt(host, port) }
  const registry = createAppRegistry(definitions, {
    ...options,
    onFault: ({ app, index, fault }) => {
      const layer = further[index - own.length]?.layer
      if (layer !== undefined) layer.onFault(app, fault)
      else faults.push({ path: ['apps', index, ...fieldPath(fault.field)], message: fault.message })
    },
  })
  if (unexpanded.size === 0) return registry
  // What lacks a secret must not work without it: its names stay taken, and nothing else is left of it.
  const usable = definitions.map((definition, index) => (unexpanded.has(index) ? namesOnly(definition) : definition))
  return createAppRegistry(usable, { ...options, onFault: () => undefined })
}

function namesOnly(definition: AppDefinition): AppDefinition {
  const { name_slug, aliases } = definition ?? {}
  return { name_slug, aliases } as AppDefinition
}

interface LayeredDefinition {
  readonly definition: AppDefinition
  readonly layer: AppLayer
}

/** What the layers add: an app whose slug is taken above is left out, and of the others the names that are. */
function layersBelow(own: readonly AppDefinition[], layers: readonly AppLayer[]): readonly LayeredDefinition[] {
  const taken = new Set(own.flatMap(namesOf))
  return layers.flatMap((layer) => {
    const added = layer.definitions
      .filter(({ name_slug: slug }) => !taken.has(slug))
      .map((definition) => ({ definition: withoutTaken(definition, taken), layer }))
    for (const { definition } of added) for (const name of namesOf(definition)) taken.add(name)
    return added
  })
}

function withoutTaken(definition: AppDefinition, taken: ReadonlySet<string>): AppDefinition {
  const { aliases, ...rest } = definition
  const free = aliases?.filter((alias) => !taken.has(alias)) ?? []
  return free.length === 0 ? rest : { ...rest, aliases: free }
}

function readExceptions(allowPrivate: readonly string[], faults: Fault[]): ReturnType<typeof compileAllowPrivate> {
  const good: string[] = []
  for (const [index, entry] of allowPrivate.entries()) {
    try {
      compileAllowPrivate([entry])
      good.push(entry)
    } catch (error) {
      const message = error instanceof Error ? error.message.replace(/^network\.allowPrivate: /, '') : 'cannot be read'
      faults.push({ path: ['network', 'allowPrivate', index], message })
    }
  }
  return compileAllowPrivate(good)
}

/** `connect.allowed_domains[1]` as a path. */
export function fieldPath(field: string): Path {
  return field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}
