import { type AppDefinition, type AppRegistry, compileAllowPrivate, createAppRegistry } from '@proxy/core'
import type { Fault, Path } from './fault.js'

/** Compiles the apps of the configuration; what the engine finds wrong with them becomes faults. */
export function checkApps(
  definitions: readonly unknown[],
  allowPrivate: readonly string[],
  faults: Fault[],
): AppRegistry {
  const exceptions = readExceptions(allowPrivate, faults)
  return createAppRegistry(definitions as readonly AppDefinition[], {
    isExempt: (host, port) => exceptions.isExempt(host, port),
    onFault: ({ index, fault }) => {
      faults.push({ path: ['apps', index, ...fieldPath(fault.field)], message: fault.message })
    },
  })
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
