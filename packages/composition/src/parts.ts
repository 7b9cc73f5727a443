import { createHash, randomBytes } from 'node:crypto'
import { type Clock, createAuthenticator, keyDigest, type RevokingAuthenticator, type StaticKey } from '@proxy/core'
import {
  clientDirectory,
  connectTokens,
  ed25519Tokens,
  type PipedreamDialectOptions,
  secretDigest,
  windowTokens,
} from '@proxy/dialect-pipedream'
import { memoryRateLimiter, type SharedParts } from '@proxy/storage-memory'
import { recordsOf, recordsSection } from './config/records.js'
import type { Config } from './config.js'
import { loadRedis, type OpenedStorage, openStorage, type StorageParts } from './open-storage.js'
import { sealerOf } from './sealing/sealer.js'
import { type StateEvents, stateEvents } from './state-events.js'

/** What holds state, and what all workers must therefore share. */
export interface State extends SharedParts, OpenedStorage {
  readonly events: StateEvents
  close(): Promise<void>
}

/** Bad tokens of one source address before it has to wait: they cannot be guessed, but each costs a look. */
const failureLimit = { limit: 1_000, windowMs: 60_000 }

export interface StateOptions extends Omit<StorageParts, 'events'> {
  /** Processes of this instance that open their own. Default 1. */
  readonly processes?: number
}

/** The store and the counters of the configuration, in this process. */
export async function openState(config: Config, options: StateOptions): Promise<State> {
  const { clock, processes = 1, shared } = options
  const events = stateEvents()
  const records = recordsOf(config)
  const redis = records.kind === 'redis' ? records : undefined
  const { storage, leases, compact, sealed, checks } = await openStorage(config, { ...options, events })
  const counted = config.rateLimiter
  const limiter =
    counted.kind === 'redis'
      ? (await loadRedis()).openRedisLimiter(counted, redis, processes, {
          clock,
          events,
          section: recordsSection(config),
        })
      : undefined
  return {
    storage,
    leases,
    rateLimiter: limiter ?? shared?.rateLimiter ?? memoryRateLimiter({ clock }),
    checks: { ...checks, ...(limiter !== undefined && { rateLimiter: limiter.check }) },
    events,
    compact,
    sealed,
    async close() {
      limiter?.close()
      await storage.close()
    },
  }
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
  const keys = [
    ...projects.flatMap((project) => project.secretKeys.map((key) => toStaticKey(project.id, key))),
    ...furtherKeys,
  ]
  const browserTokens = connectTokens({ documents: storage, clients, keys, clock })
  const authenticator = createAuthenticator({
    keys,
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
