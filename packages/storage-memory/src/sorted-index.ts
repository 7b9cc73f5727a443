import { type SortedSet, sortedSet } from './sorted-set.js'

/** Ids by a key, such as the accounts of a user. Empty entries are dropped. */
export interface SortedIndex {
  get(key: string): SortedSet | undefined
  add(key: string, id: string): void
  delete(key: string, id: string): void
}

export function sortedIndex(): SortedIndex {
  const byKey = new Map<string, SortedSet>()

  return {
    get: (key) => byKey.get(key),
    add(key, id) {
      let ids = byKey.get(key)
      if (ids === undefined) {
        ids = sortedSet()
        byKey.set(key, ids)
      }
      ids.add(id)
    },
    delete(key, id) {
      const ids = byKey.get(key)
      ids?.delete(id)
      if (ids?.size === 0) byKey.delete(key)
    },
  }
}
