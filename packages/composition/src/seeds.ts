import {
  type Account,
  type Clock,
  epochMsOf,
  limitKey,
  ProxyError,
  Secret,
  type Storage,
  type Timer,
} from '@proxy/core'
import { recordsOf } from './config/records.js'
import type { Config } from './config.js'
import { describeFault } from './logging/logger.js'
import type { State } from './parts.js'

type Seed = Config['accounts'][number]

const markerKind = 'seed'
const atOnce = 200
const againAfterMs = 2_000
/** Of seeds that are refused again and again, while the storage is there. */
const againAfterMostMs = 60_000
/** In one line of the log. */
const namedAtMost = 20

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

interface Round {
  /** How many were new. */
  readonly stored: number
  readonly failed: readonly FailedSeed[]
  readonly isAway: boolean
}

interface FailedSeed {
  readonly seed: Seed
  readonly error: unknown
}

/**
 * Stores the accounts of the configuration that were never stored before: what was changed or deleted since stays so.
 * An account that cannot be stored is named in the log once and does not keep the others from it.
 */
export function keepApplyingSeeds(config: Config, { storage, checks }: State, clock: Clock, log: SeedLog): Seeding {
  const isKept = isStorageKept(config)
  const tell = createTeller(log)
  let waiting: readonly Seed[] = config.accounts
  let timer: Timer | undefined
  let isStopped = false
  let pauseMs = againAfterMs

  /** Resolves to how many were new. Rejects, as a start should, for a fault that is no absence of the storage. */
  async function applyFirst(): Promise<number> {
    // What connects gets a moment to do so.
    await Promise.allSettled(Object.values(checks).map((check) => check()))
    const { stored, failed } = await applyWaiting()
    const fault = failed.find(({ error }) => !isUnavailable(error))
    if (fault !== undefined) throw fault.error
    tryAgainLater()
    return stored
  }

  async function applyLate(): Promise<void> {
    const { stored, isAway } = await applyWaiting()
    if (stored > 0) log.info({ seeded: stored }, 'seeds stored')
    pauseMs = stored > 0 || isAway ? againAfterMs : Math.min(pauseMs * 2, againAfterMostMs)
    tryAgainLater()
  }

  function tryAgainLater(): void {
    if (waiting.length > 0 && !isStopped) timer = clock.after(pauseMs, () => void applyLate())
  }

  async function applyWaiting(): Promise<Round> {
    const failed: FailedSeed[] = []
    let stored = 0
    let isAway = false
    let rest = waiting
    let isBatchLost = false
    while (rest.length > 0 && !isBatchLost) {
      const batch = rest.slice(0, atOnce)
      rest = rest.slice(atOnce)
      const failedOfBatch: FailedSeed[] = []
      await Promise.all(
        batch.map(async (seed) => {
          try {
            if (await applySeed(seed, storage, clock, isKept)) stored += 1
          } catch (error) {
            failedOfBatch.push({ seed, error })
          }
        }),
      )
      // Then the storage may be away, and the others are not tried in vain; the next time it is their turn first.
      isBatchLost = failedOfBatch.length === batch.length
      failed.push(...failedOfBatch)
      isAway = isBatchLost && (await isStorageAway())
      if (!isAway) tell(failedOfBatch, isBatchLost)
    }
    waiting = [...rest, ...failed.map(({ seed }) => seed)]
    return { stored, failed, isAway }
  }

  /** Then the log tells of it as a part. */
  async function isStorageAway(): Promise<boolean> {
    const ofStorage = Object.entries(checks).filter(([name]) => name !== 'rateLimiter')
    const answers = await Promise.allSettled(ofStorage.map(([, check]) => check()))
    return answers.some(({ status }) => status === 'rejected')
  }

  return {
    applied: applyFirst(),
    stop() {
      isStopped = true
      timer?.cancel()
    },
  }
}

/** Names what failed: once for each account and reason, and once for each reason while nothing can be stored at all. */
function createTeller(log: SeedLog): (failed: readonly FailedSeed[], isBatchLost: boolean) => void {
  const told = new Set<string>()

  return (failed, isBatchLost) => {
    const facts = failed.map(({ seed: { project, environment, id }, error }) => {
      const reason = reasonOf(error)
      const account = `${project}/${environment}/${id}`
      return { reason, account, key: limitKey(isBatchLost ? [reason] : [reason, project, environment, id]) }
    })
    const news = facts.filter(({ key }) => !told.has(key))
    for (const { reason, key } of facts) told.add(key).add(limitKey([reason]))
    for (const reason of new Set(news.map((fact) => fact.reason))) {
      const accounts = news.filter((fact) => fact.reason === reason).map(({ account }) => account)
      const fields = { reason, count: accounts.length, accounts: accounts.slice(0, namedAtMost) }
      log.error(fields, 'seeds are not stored yet')
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ProxyError && error.code === 'credential_store_unavailable'
}

/** Names and codes alone: messages can hold what was to be stored. */
function reasonOf(error: unknown): string {
  const { name, code } = describeFault(isUnavailable(error) ? ((error as ProxyError).cause ?? error) : error)
  return code === undefined ? name : `${name} ${code}`
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
    expiresAt: expiresAt === undefined ? undefined : epochMsOf(expiresAt),
    lastRefreshedAt: undefined,
    dead: false,
    error: undefined,
  }
}
