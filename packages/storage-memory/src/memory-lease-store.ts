import type { Clock, Lease, LeaseStore } from '@proxy/core'

export interface MemoryLeaseStoreOptions {
  readonly clock?: Pick<Clock, 'now'>
}

interface Grant {
  readonly fencingToken: number
  expiresAt: number
}

/** Leases among the tasks of one process. */
export function memoryLeaseStore(options: MemoryLeaseStoreOptions = {}): LeaseStore {
  const clock = options.clock ?? { now: Date.now }
  const grants = new Map<string, Grant>()
  let sweeping = grants.entries()
  let lastToken = 0

  return {
    async acquire(key, durationMs) {
      const now = clock.now()
      const held = grants.get(key)
      if (held !== undefined && held.expiresAt > now) return undefined
      sweep(now)
      lastToken += 1
      const grant: Grant = { fencingToken: lastToken, expiresAt: now + durationMs }
      grants.set(key, grant)
      return leaseOf(key, grant, durationMs)
    },
  }

  function leaseOf(key: string, grant: Grant, durationMs: number): Lease {
    const isHeld = (): boolean => grants.get(key) === grant && grant.expiresAt > clock.now()
    return {
      key,
      fencingToken: grant.fencingToken,
      async renew() {
        if (!isHeld()) return false
        grant.expiresAt = clock.now() + durationMs
        return true
      },
      async release() {
        if (grants.get(key) === grant) grants.delete(key)
      },
    }
  }

  /** Two steps a grant, so that leases whose holder died do not pile up. */
  function sweep(now: number): void {
    for (let step = 0; step < 2; step += 1) {
      const next = sweeping.next()
      if (next.done === true) sweeping = grants.entries()
      else if (next.value[1].expiresAt <= now) grants.delete(next.value[0])
    }
  }
}
