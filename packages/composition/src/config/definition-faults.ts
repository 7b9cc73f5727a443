import { type AppDefinition, createAppRegistry } from '@proxy/core'
import { fieldPath } from './check-apps.js'
import { type Fault, faultLines, type Path } from './fault.js'
import { readSource } from './source.js'

/** Everything that is wrong with the app definitions of a file: one, a list of them, or a section `apps`. A line each. */
export function definitionFaults(text: string, file: string): readonly string[] {
  const { data, faults: unread, placeOf } = readSource(text)
  if (unread.length > 0) return faultLines(file, unread, placeOf)
  const section: Path = typeof data === 'object' && data !== null && 'apps' in data ? ['apps'] : []
  const inner: unknown = section.length === 0 ? data : (data as { apps: unknown }).apps
  const list: readonly unknown[] = Array.isArray(inner) ? inner : [inner]
  const pathOf = (index: number): Path => (Array.isArray(inner) ? [...section, index] : section)
  const faults: Fault[] = []
  createAppRegistry(list.map(withoutProvenance), {
    onFault: ({ index, fault }) =>
      faults.push({ path: [...pathOf(index), ...fieldPath(fault.field)], message: fault.message }),
  })
  return faultLines(file, faults, placeOf)
}

/** Entries of the catalogue say where they come from. */
function withoutProvenance(one: unknown): AppDefinition {
  if (typeof one !== 'object' || one === null || !('provenance' in one)) return one as AppDefinition
  const { provenance: _, ...definition } = one
  return definition as unknown as AppDefinition
}
