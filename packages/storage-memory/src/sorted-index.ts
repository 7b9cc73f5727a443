import { addMember, createSortedSet, deleteMember, type SortedSet, sizeOf } from './sorted-set.js'

/** Ids by a key, such as the accounts of a user. */
export type SortedIndex = Map<string, SortedSet>

/** True when the key is new. */
export function addToIndex(index: SortedIndex, key: string, id: string): boolean {
  const known = index.get(key)
  const ids = known ?? createSortedSet()
  addMember(ids, id)
  if (known === undefined) index.set(key, ids)
  return known === undefined
}

/** True when the key has no id any more. */
export function deleteFromIndex(index: SortedIndex, key: string, id: string): boolean {
  const ids = index.get(key)
  if (ids === undefined) return false
  deleteMember(ids, id)
  return sizeOf(ids) === 0 && index.delete(key)
}
