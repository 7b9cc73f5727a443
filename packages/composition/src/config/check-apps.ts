import { type AppDefinition, type AppRegistry, compileAllowPrivate, createAppRegistry } from '@proxy/core'
import type { Fault, Path } from './fault.js'
import type { ParsedConfig } from './schema.js'

/** Compiles the apps of the configuration; what the engine finds wrong with them becomes faults. */
export function checkApps(
  { apps, network }: ParsedConfig,
  catalog: readonly AppDefinition[],
  faults: Fault[],
): AppRegistry {
  const definitions = apps as readonly AppDefinition[]
  const exceptions = readExceptions(network.allowPrivate, faults)
  const unexpanded = new Set(faults.flatMap(({ path: [section, index] }) => (section === 'apps' ? [index] : [])))
  const options = { catalog, isExempt: (host: string, port: number) => exceptions.isExempt(host, port) }
  const registry = createAppRegistry(definitions, {
    ...options,
    onFault: ({ index, fault }) => {
      faults.push({ path: ['apps', index, ...fieldPath(fault.field)], message: fault.message })
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
