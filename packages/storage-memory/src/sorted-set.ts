const chunkSize = 512

/**
 * Strings in ascending order of code units, in short sorted chunks: every operation is fast at 100,000 members. What is
 * added waits unsorted until somebody asks, so that filling a set costs next to nothing.
 */
export interface SortedSet {
  fresh: string[]
  chunks: string[][]
  /** Members in `chunks`. */
  sortedCount: number
}

export function createSortedSet(): SortedSet {
  return { fresh: [], chunks: [], sortedCount: 0 }
}

/** `member` must not be in the set. */
export function addMember(set: SortedSet, member: string): void {
  set.fresh.push(member)
}

export function deleteMember(set: SortedSet, member: string): void {
  settle(set)
  const chunk = chunkFor(set.chunks, member)
  const members = set.chunks[chunk]
  if (members === undefined) return
  const position = firstNotBelow(members, member)
  if (members[position] !== member) return
  members.splice(position, 1)
  set.sortedCount -= 1
  if (members.length === 0) set.chunks.splice(chunk, 1)
}

export function sizeOf(set: SortedSet): number {
  return set.fresh.length + set.sortedCount
}

/** Members greater than `after` in ascending order; all of them when it is undefined. */
export function* ascending(set: SortedSet, after: string | undefined): Generator<string, void, undefined> {
  settle(set)
  const { chunks } = set
  for (let chunk = after === undefined ? 0 : chunkFor(chunks, after); chunk < chunks.length; chunk += 1) {
    const members = chunks[chunk] ?? []
    let position = after === undefined ? 0 : firstNotBelow(members, after)
    if (members[position] === after) position += 1
    for (; position < members.length; position += 1) yield members[position] ?? ''
  }
}

/** Members less than `before` in descending order; all of them when it is undefined. */
export function* descending(set: SortedSet, before: string | undefined): Generator<string, void, undefined> {
  settle(set)
  const { chunks } = set
  for (let chunk = before === undefined ? chunks.length - 1 : chunkFor(chunks, before); chunk >= 0; chunk -= 1) {
    const members = chunks[chunk] ?? []
    let position = before === undefined ? members.length : firstNotBelow(members, before)
    for (position -= 1; position >= 0; position -= 1) yield members[position] ?? ''
  }
}

/** Sorts in what was added: one by one when it is little, all anew when it is much. */
export function settle(set: SortedSet): void {
  const { fresh } = set
  if (fresh.length === 0) return
  set.fresh = []
  if (set.sortedCount > fresh.length * 4) {
    for (const member of fresh) insert(set.chunks, member)
    set.sortedCount += fresh.length
    return
  }
  const members = set.chunks.flat().concat(fresh)
  members.sort(byCodeUnits)
  set.sortedCount = members.length
  set.chunks = []
  for (let at = 0; at < members.length; at += chunkSize / 2) set.chunks.push(members.slice(at, at + chunkSize / 2))
}

function insert(chunks: string[][], member: string): void {
  const chunk = chunkFor(chunks, member)
  const members = chunks[chunk] ?? []
  members.splice(firstNotBelow(members, member), 0, member)
  if (members.length > chunkSize) chunks.splice(chunk + 1, 0, members.splice(chunkSize / 2))
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The last chunk whose first member is not above `member`, or the first chunk. */
function chunkFor(chunks: readonly (readonly string[])[], member: string): number {
  let low = 0
  let high = chunks.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    const first = chunks[middle]?.[0]
    if (first !== undefined && first <= member) low = middle
    else high = middle - 1
  }
  return low
}

/** Index of the first element that is not below `member`. */
function firstNotBelow(members: readonly string[], member: string): number {
  let low = 0
  let high = members.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const element = members[middle]
    if (element !== undefined && element < member) low = middle + 1
    else high = middle
  }
  return low
}
