import type { Clock, LeaseStore, SealedAccounts, Storage } from '@proxy/core'
import { type Change, memoryLeaseStore, memoryStorage, type SharedParts } from '@proxy/storage-memory'
import { recordsOf, recordsSection } from './config/records.js'
import type { RecordsConfig } from './config/storage-schema.js'
import type { Config } from './config.js'
import { sealerOf } from './sealing/sealer.js'
import { openSecretsManager } from './secrets-manager/secrets-manager-state.js'
import type { StateListener } from './state-events.js'

export interface OpenedStorage {
  readonly storage: Storage
  readonly leases: LeaseStore
  /** Seals the storage file anew with the first key; undefined where all of it is, or there is none. */
  readonly compact: (() => Promise<void>) | undefined
  /** Undefined where accounts are not sealed one by one. */
  readonly sealed: SealedAccounts | undefined
  /** By part: resolves when it works, rejects with the reason when it does not. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>
}

export interface StorageParts {
  readonly clock: Clock
  readonly events: StateListener
  /** What another process holds, for what is memory. */
  readonly shared?: SharedParts
  readonly onChange?: (change: Change) => void
}

/** The storage of the configuration, in this process. */
export async function openStorage(config: Config, parts: StorageParts): Promise<OpenedStorage> {
  const { shared, clock, events } = parts
  const kept = config.storage
  const records = recordsOf(config)
  if (shared !== undefined && records.kind === 'memory') {
    const { storage, leases } = shared
    return { storage, leases, compact: undefined, sealed: undefined, checks: { storage: () => storage.check() } }
  }
  const { storage: bare, remember, ...others } = await openRecords(records, config, parts)
  if (kept.kind !== 'aws-secrets-manager') {
    const storage = remember(bare)
    return { ...others, storage, checks: { storage: () => storage.check() } }
  }
  const secrets = await openSecretsManager(kept, { clock, metadata: bare, events })
  return {
    ...others,
    storage: remember(secrets, metadataMs),
    checks: { storage: () => bare.check(), secretsManager: () => secrets.checkSecrets() },
  }
}

/** Credentials have their own memory below. Together with how long that knows of absence, no more than 5 seconds. */
const metadataMs = 2_500

interface OpenedRecords extends Omit<OpenedStorage, 'checks'> {
  /** Remembers single records of a storage that is over these: for `ttlMs`, or as the configuration says. */
  remember(storage: Storage, ttlMs?: number): Storage
}

/** The Redis client takes a tenth of a second to load, so it is loaded where Redis is used. */
export const loadRedis = () => import('./redis/redis-state.js')

async function openRecords(
  records: RecordsConfig,
  config: Config,
  { clock, events, onChange }: StorageParts,
): Promise<OpenedRecords> {
  if (records.kind === 'redis') {
    const sealer = records.plaintext ? undefined : sealerOf(config)
    return {
      ...(await loadRedis()).openRedisStorage(records, { clock, sealer, events, section: recordsSection(config) }),
      compact: undefined,
    }
  }
  const { file, plaintext } = records
  const storage = memoryStorage({
    clock,
    ...(onChange !== undefined && { onChange }),
    ...(file !== undefined && { file, plaintext }),
    ...(file !== undefined && !plaintext && { sealer: sealerOf(config) }),
  })
  return {
    storage,
    leases: memoryLeaseStore({ clock }),
    compact: storage.isOutdated ? storage.compact : undefined,
    sealed: undefined,
    remember: (over) => over,
  }
}
