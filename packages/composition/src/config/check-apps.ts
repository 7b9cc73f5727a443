import {
  type AppDefinition,
  type AppFault,
  type AppRegistry,
  compileAllowPrivate,
  createAppRegistry,
} from '@proxy/core'
import type { Fault, Path } from './fault.js'

/** Apps from elsewhere, which give way to the configuration's own and to those of layers before them. */
export interface AppLayer {
  readonly definitions: readonly AppDefinition[]
  /** Gets what is wrong with one; it is left out then. */
  onFault(name: string, fault: AppFault): void
}

/** Compiles the apps of the configuration; what the engine finds wrong with them becomes faults. */
export function checkApps(
  definitions: readonly unknown[],
  allowPrivate: readonly string[],
  faults: Fault[],
  layers: readonly AppLayer[] = [],
): AppRegistry {
  const exceptions = readExceptions(allowPrivate, faults)
  const own = definitions as readonly AppDefinition[]
  const further = layersBelow(own, layers)
  return createAppRegistry([...own, ...further.map(({ definition }) => definition)], {
    isExempt: (host, port) => exceptions.isExempt(host, port),
    onFault: ({ app, index, fault }) => {
      const layer = further[index - own.length]?.layer
      if (layer !== undefined) layer.onFault(app, fault)
      else faults.push({ path: ['apps', index, ...fieldPath(fault.field)], message: fault.message })
    },
  })
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

/** Of a definition that may be wrong in any way. */
function namesOf(definition: unknown): readonly string[] {
  if (typeof definition !== 'object' || definition === null) return []
  const { name_slug: slug, aliases }: { name_slug?: unknown; aliases?: unknown } = definition
  return [slug, ...(Array.isArray(aliases) ? aliases : [])].filter((name) => typeof name === 'string')
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
function fieldPath(field: string): Path {
  return field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}
