import { type Clock, createReadCache, type ReadCache, RecordError } from '@proxy/core'
import { isFault } from './service-fault.js'

export interface SecretCacheOptions {
  /** How long a credential is used without asking again. Default 300,000. */
  readonly ttlMs?: number
  /** The same for an absent one, 5,000 at most. Default 2,000. */
  readonly negativeTtlMs?: number
  /** How long beyond `ttlMs` it is used while Secrets Manager fails. Default 3,600,000. */
  readonly staleIfErrorMs?: number
  /** Credentials kept at most. Default 10,000. */
  readonly maxEntries?: number
}

/** How long a secret that may not be read, or is not to be used, is not asked for again. */
const refusalMs = 5_000
const mostRefusals = 10_000

/** Remembers what was read; what is asked for at the same time is read once, and a refusal is not tried at every call. */
export function createValuesCache<T>(
  { ttlMs = 300_000, negativeTtlMs = 2_000, staleIfErrorMs = 3_600_000, maxEntries = 10_000 }: SecretCacheOptions,
  clock: Pick<Clock, 'now'>,
): Pick<ReadCache<T>, 'read' | 'forget'> {
  const settings = { ttlMs, negativeTtlMs: Math.min(negativeTtlMs, ttlMs, refusalMs), staleIfErrorMs, maxEntries }
  const cache = createReadCache<T>({ ...settings, now: () => clock.now() })
  const refusals = new Map<string, { readonly error: unknown; readonly until: number }>()

  return {
    read: (key, load) => cache.read(key, () => loadUnlessRefused(key, load)),
    forget(key) {
      refusals.delete(key)
      cache.forget(key)
    },
  }

  async function loadUnlessRefused(
    key: string,
    load: () => Promise<T | undefined> | T | undefined,
  ): Promise<T | undefined> {
    const refusal = refusals.get(key)
    if (refusal !== undefined && clock.now() < refusal.until) throw refusal.error
    refusals.delete(key)
    try {
      return await load()
    } catch (error) {
      if (refusals.size >= mostRefusals) refusals.clear()
      if (isFault(error, 'refused') || error instanceof RecordError)
        refusals.set(key, { error, until: clock.now() + refusalMs })
      throw error
    }
  }
}
