import type { Page } from '@proxy/core'
import { ascending, descending, type SortedSet, sizeOf } from './sorted-set.js'

export interface PageBounds {
  readonly limit: number
  readonly after?: string
  readonly before?: string
}

/** Cuts a page out of sorted ids. `read` gives the row of an id, or undefined when it does not fit the query. */
export function pageOf<T extends object | string>(
  ids: SortedSet | undefined,
  bounds: PageBounds,
  read: (id: string) => T | undefined,
  everyIdFits: boolean,
): Page<T> {
  if (ids === undefined) return { rows: [], totalCount: 0, hasMore: false }
  const backward = bounds.after === undefined && bounds.before !== undefined
  const rows: T[] = []
  let hasMore = false
  for (const id of backward ? descending(ids, bounds.before) : ascending(ids, bounds.after)) {
    if (!backward && bounds.before !== undefined && id >= bounds.before) break
    const row = read(id)
    if (row === undefined) continue
    if (rows.length === bounds.limit) {
      hasMore = true
      break
    }
    rows.push(row)
  }
  if (backward) rows.reverse()
  return { rows, totalCount: everyIdFits ? sizeOf(ids) : countFitting(ids, read), hasMore }
}

function countFitting(ids: SortedSet, read: (id: string) => unknown): number {
  let count = 0
  for (const id of ascending(ids, undefined)) if (read(id) !== undefined) count += 1
  return count
}
