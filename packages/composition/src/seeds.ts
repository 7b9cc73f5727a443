import { type Account, type Clock, limitKey, ProxyError, Secret, type Storage, type Timer } from '@proxy/core'
import { recordsOf } from './config/records.js'
import type { Config } from './config.js'
import type { State } from './parts.js'

type Seed = Config['accounts'][number]

const markerKind = 'seed'
const atOnce = 200
const againAfterMs = 2_000

/** What is told of seeds that are stored late. */
export interface SeedLog {
  info(fields: object, text: string): void
  error(fields: object, text: string): void
}

/** Seeds that are stored as soon as the storage can be reached. */
export interface Seeding {
  /** Resolves after the first try to how many were new; a storage that is away is tried again behind the server. */
  readonly applied: Promise<number>
  stop(): void
}

export function keepApplyingSeeds(config: Config, { storage, checks }: State, clock: Clock, log: SeedLog): Seeding {
  let timer: Timer | undefined

  async function apply(): Promise<number> {
    try {
      return await applySeeds(config, storage, clock)
    } catch (error) {
      if (!(error instanceof ProxyError && error.code === 'credential_store_unavailable')) throw error
      timer = clock.after(againAfterMs, () => void applyLate())
      return 0
    }
  }

  async function applyLate(): Promise<void> {
    const seeded = await apply().catch((err: unknown) => log.error({ err }, 'seeds could not be stored'))
    if (seeded !== undefined && seeded > 0) log.info({ seeded }, 'seeds stored')
  }

  async function applyFirst(): Promise<number> {
    // What connects gets a moment to do so.
    await Promise.allSettled(Object.values(checks).map((check) => check()))
    return await apply()
  }

  return { applied: applyFirst(), stop: () => timer?.cancel() }
}

/**
 * Stores the accounts of the configuration that were never stored before: what was changed or deleted since stays so.
 * Resolves to how many were new.
 */
async function applySeeds(config: Config, storage: Storage, clock: Clock): Promise<number> {
  const isKept = isStorageKept(config)
  let applied = 0
  for (let start = 0; start < config.accounts.length; start += atOnce) {
    const results = await Promise.all(
      config.accounts.slice(start, start + atOnce).map((seed) => applySeed(seed, storage, clock, isKept)),
    )
    applied += results.filter(Boolean).length
  }
  return applied
}

/** When nothing is left of an earlier run, nothing has to be remembered. */
export function isStorageKept(config: Config): boolean {
  const records = recordsOf(config)
  return records.kind !== 'memory' || records.file !== undefined
}

async function applySeed(seed: Seed, storage: Storage, clock: Clock, isKept: boolean): Promise<boolean> {
  const marker = limitKey([seed.project, seed.environment, seed.id])
  if (isKept && (await storage.readDocument(markerKind, marker)) !== undefined) return false
  const stored = await storage.writeAccount(toAccount(seed, clock.now()), 0)
  if (isKept) await storage.writeDocument({ kind: markerKind, id: marker, value: true }, undefined)
  return stored !== undefined
}

function toAccount(seed: Seed, now: number): Account {
  const { expires_at: expiresAt, ...credentials } = seed.credentials
  return {
    id: seed.id,
    version: 0,
    project: seed.project,
    environment: seed.environment,
    externalUserId: seed.external_user_id,
    app: seed.app,
    externalId: seed.external_id ?? seed.id,
    name: seed.name,
    values: new Secret({ customFields: seed.custom_fields, credentials }),
    oauthAppId: undefined,
    authorizedScopes: [],
    metadata: {},
    createdAt: now,
    updatedAt: now,
    expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
    lastRefreshedAt: undefined,
    dead: false,
    error: undefined,
  }
}
