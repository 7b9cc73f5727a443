const chunkSize = 512

/** Strings in ascending order of code units, kept in short sorted chunks: every operation is fast at 100,000 members. */
export interface SortedSet {
  readonly size: number
  add(member: string): void
  delete(member: string): void
  /** Members greater than `after` in ascending order; all of them when it is undefined. */
  ascending(after: string | undefined): Generator<string, void, undefined>
  /** Members less than `before` in descending order; all of them when it is undefined. */
  descending(before: string | undefined): Generator<string, void, undefined>
}

export function sortedSet(): SortedSet {
  const chunks: string[][] = []
  let size = 0

  return {
    get size() {
      return size
    },
    add(member) {
      const chunk = chunkFor(member)
      if (chunk === undefined) {
        chunks.push([member])
        size = 1
        return
      }
      const members = chunks[chunk] ?? []
      const position = firstNotBelow(members, member)
      if (members[position] === member) return
      if (position === members.length) members.push(member)
      else members.splice(position, 0, member)
      size += 1
      if (members.length > chunkSize) chunks.splice(chunk + 1, 0, members.splice(chunkSize / 2))
    },
    delete(member) {
      const chunk = chunkFor(member)
      const members = chunk === undefined ? undefined : chunks[chunk]
      if (chunk === undefined || members === undefined) return
      const position = firstNotBelow(members, member)
      if (members[position] !== member) return
      members.splice(position, 1)
      size -= 1
      if (members.length === 0) chunks.splice(chunk, 1)
    },
    *ascending(after) {
      const first = after === undefined ? 0 : (chunkFor(after) ?? 0)
      for (let chunk = first; chunk < chunks.length; chunk += 1) {
        for (const member of chunks[chunk] ?? []) if (after === undefined || member > after) yield member
      }
    },
    *descending(before) {
      const last = before === undefined ? chunks.length - 1 : (chunkFor(before) ?? -1)
      for (let chunk = last; chunk >= 0; chunk -= 1) {
        const members = chunks[chunk] ?? []
        for (let position = members.length - 1; position >= 0; position -= 1) {
          const member = members[position]
          if (member !== undefined && (before === undefined || member < before)) yield member
        }
      }
    },
  }

  /** The last chunk whose first member is not above `member`, or the first chunk; undefined when there are none. */
  function chunkFor(member: string): number | undefined {
    if (chunks.length === 0) return undefined
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
