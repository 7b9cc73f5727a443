import type { Page } from '@proxy/core'
import type { StoreAccess } from '../store-access.js'

export interface PageBounds {
  readonly limit: number
  readonly after?: string
  readonly before?: string
}

/**
 * A page of the members of a sorted set that begin with `start`, which ends in a space unless it is empty; the rows come
 * without it. Costs the same however many there are.
 */
export async function readPage(
  access: StoreAccess,
  key: string,
  start: string,
  bounds: PageBounds,
): Promise<Page<string>> {
  const { limit, after, before } = bounds
  const lowest = start === '' ? '-' : `[${start}`
  const highest = start === '' ? '+' : `(${start.slice(0, -1)}!`
  const low = after === undefined ? lowest : `(${start}${after}`
  const high = before === undefined ? highest : `(${start}${before}`
  const isBackward = after === undefined && before !== undefined
  const range = isBackward ? [high, low, 'BYLEX', 'REV'] : [low, high, 'BYLEX']
  const [members, totalCount] = await Promise.all([
    access.read(key, 'zrange', ...range, 'LIMIT', 0, limit + 1),
    access.read(key, 'zlexcount', lowest, highest),
  ])
  const found = Array.isArray(members) ? members.map((member) => String(member).slice(start.length)) : []
  const rows = found.slice(0, limit)
  return {
    rows: isBackward ? rows.reverse() : rows,
    totalCount: Number(totalCount),
    hasMore: found.length > limit,
  }
}

/** A page of members that are all at hand, in the order of a sorted set. */
export function cutPage(members: readonly string[], { limit, after, before }: PageBounds): Page<string> {
  const fitting = members.filter(
    (member) =>
      (after === undefined || inByteOrder(member, after) > 0) &&
      (before === undefined || inByteOrder(member, before) < 0),
  )
  const isBackward = after === undefined && before !== undefined
  return {
    rows: isBackward ? fitting.slice(Math.max(0, fitting.length - limit)) : fitting.slice(0, limit),
    totalCount: members.length,
    hasMore: fitting.length > limit,
  }
}

function inByteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
