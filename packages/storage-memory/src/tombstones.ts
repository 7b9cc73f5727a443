const lifeMs = 30 * 24 * 3600 * 1000

/** Ids of deleted accounts, so that a late write cannot bring one back. Kept for 30 days. */
export interface Tombstones {
  readonly size: number
  has(id: string): boolean
  add(id: string, deletedAt: number): void
  all(): Iterable<readonly [id: string, deletedAt: number]>
}

export function tombstones(now: () => number): Tombstones {
  const deletedAtById = new Map<string, number>()

  return {
    get size() {
      return deletedAtById.size
    },
    has: (id) => deletedAtById.has(id),
    add(id, deletedAt) {
      const oldest = now() - lifeMs
      if (deletedAt <= oldest) return
      deletedAtById.set(id, deletedAt)
      for (const [other, time] of deletedAtById) {
        if (time > oldest) break
        deletedAtById.delete(other)
      }
    },
    all: () => deletedAtById,
  }
}
