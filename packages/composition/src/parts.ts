import { createHash, randomBytes } from 'node:crypto'
import {
  type Clock,
  createAuthenticator,
  createKeyRing,
  createSealer,
  keyDigest,
  type RevokingAuthenticator,
  type SealedAccounts,
  type Sealer,
  type StaticKey,
} from '@proxy/core'
import {
  clientDirectory,
  connectTokens,
  ed25519Tokens,
  type PipedreamDialectOptions,
  secretDigest,
  windowTokens,
} from '@proxy/dialect-pipedream'
import {
  type Change,
  memoryLeaseStore,
  memoryRateLimiter,
  memoryStorage,
  type SharedParts,
} from '@proxy/storage-memory'
import type { Config } from './config.js'
import { openRedisLimiter, openRedisStorage } from './redis/redis-state.js'
import { type StateEvents, stateEvents } from './state-events.js'

/** What holds state, and what all workers must therefore share. */
export interface State extends SharedParts {
  /** By the section that describes a part: resolves when it works, rejects with the reason when it does not. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>
  readonly events: StateEvents
  /** Seals the storage file anew with the first key; undefined where all of it is, or there is none. */
  readonly compact: (() => Promise<void>) | undefined
  /** Undefined where accounts are not sealed one by one. */
  readonly sealed: SealedAccounts | undefined
  close(): Promise<void>
}

/** Bad tokens of one source address before it has to wait: they cannot be guessed, but each costs a look. */
const failureLimit = { limit: 1_000, windowMs: 60_000 }

export interface StateOptions {
  readonly clock: Clock
  /** Processes of this instance that open their own. Default 1. */
  readonly processes?: number
  /** What another process holds, for what is memory. */
  readonly shared?: SharedParts
  readonly onChange?: (change: Change) => void
}

/** The store and the counters of the configuration, in this process. */
export function openState(config: Config, options: StateOptions): State {
  const { clock, processes = 1, shared } = options
  const events = stateEvents()
  const { storage: kept, rateLimiter: counted } = config
  const redis = kept.kind === 'redis' ? kept : undefined
  const { storage, leases, compact, sealed } = openStorage(config, options, events)
  const limiter = counted.kind === 'redis' ? openRedisLimiter(counted, redis, processes, { clock, events }) : undefined
  return {
    storage,
    leases,
    rateLimiter: limiter ?? shared?.rateLimiter ?? memoryRateLimiter({ clock }),
    checks: { storage: () => storage.check(), ...(limiter !== undefined && { rateLimiter: limiter.check }) },
    events,
    compact,
    sealed,
    async close() {
      limiter?.close()
      await storage.close()
    },
  }
}

function openStorage(config: Config, options: StateOptions, events: StateEvents): OpenedStorage {
  const { clock, shared } = options
  const { storage: kept } = config
  if (kept.kind === 'redis') {
    const sealer = kept.plaintext ? undefined : sealerOf(config)
    return { ...openRedisStorage(kept, { clock, sealer, events }), compact: undefined }
  }
  return shared === undefined ? openMemory(config, options) : { ...shared, compact: undefined, sealed: undefined }
}

type OpenedStorage = Pick<State, 'storage' | 'leases' | 'compact' | 'sealed'>

function openMemory(config: Config, { clock, onChange }: StateOptions): OpenedStorage {
  const { file, plaintext } = config.storage.kind === 'memory' ? config.storage : { file: undefined, plaintext: false }
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
  }
}

/** Seals with the configured keys; with one that ends with the process when nothing is kept. */
export function sealerOf({ encryption }: Config): Sealer {
  return createSealer(createKeyRing(encryption?.keys ?? [randomBytes(32).toString('base64')]))
}

/** Who may ask, and the parts of the dialect that prove it. */
export interface Identity {
  readonly authenticator: RevokingAuthenticator
  readonly dialect: PipedreamDialectOptions
}

export function createIdentity(
  config: Config,
  { storage, rateLimiter }: SharedParts,
  clock: Clock,
  furtherKeys: readonly StaticKey[] = [],
): Identity {
  const { projects, publicUrl, registry } = config
  const signingKeys = config.tokens?.signingKeys ?? [randomBytes(32).toString('base64')]
  const clients = clientDirectory(
    projects.flatMap((project) =>
      project.clients.map(({ id, secret, scopes, environment }) => ({
        id,
        secretDigests: secret.map(secretDigest),
        project: project.id,
        scopes,
        environment,
      })),
    ),
  )
  const tokens = ed25519Tokens({
    signingKeys,
    issuer: publicUrl,
    audience: publicUrl,
    lifetimeSeconds: Math.floor((config.tokens?.lifetime ?? 3_600_000) / 1_000),
    clients,
    clock,
  })
  const browserTokens = connectTokens({ documents: storage, clients, clock })
  const authenticator = createAuthenticator({
    keys: [
      ...projects.flatMap((project) => project.secretKeys.map((key) => toStaticKey(project.id, key))),
      ...furtherKeys,
    ],
    verifiers: [tokens, browserTokens],
    documents: storage,
    clock,
    failures: { limiter: rateLimiter, ...failureLimit },
  })
  return {
    authenticator,
    dialect: {
      storage,
      apps: registry,
      authenticator,
      clients,
      tokens,
      connectTokens: browserTokens,
      windowTokens: windowTokens({ signingKeys, issuer: publicUrl, clock }),
      projects: projects.map(({ id, name = id }) => ({ id, name })),
      rateLimiter,
      sealer: sealerOf(config),
      clock,
      publicUrl,
    },
  }
}

/** The same on all instances that share a configuration, and nobody else's: by it a loop is recognised. */
export function deploymentName({ publicUrl, tokens }: Config): string {
  const [key = randomBytes(32).toString('base64')] = tokens?.signingKeys ?? []
  return `api-proxy-${createHash('sha256').update(`${publicUrl} ${key}`).digest('hex').slice(0, 16)}`
}

type SecretKey = Config['projects'][number]['secretKeys'][number]

function toStaticKey(project: string, { id, key, environment, scopes }: SecretKey): StaticKey {
  const digest = keyDigest(key)
  return { id: id ?? `key-${digest.slice(0, 8)}`, digest, project, environment, scopes }
}
