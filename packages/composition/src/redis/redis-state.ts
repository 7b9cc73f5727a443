import {
  type Clock,
  cached,
  type LeaseStore,
  type PartEvent,
  type RateLimiter,
  type SealedAccounts,
  type Sealer,
  type Storage,
} from '@proxy/core'
import { memoryRateLimiter } from '@proxy/storage-memory'
import {
  connectRedis,
  type RedisSettings,
  type RedisStorage,
  redisLeaseStore,
  redisRateLimiter,
  redisStorage,
} from '@proxy/storage-redis'
import type { StateListener } from '../state-events.js'
import { countPlaces, type RedisLimiterConfig, type RedisStorageConfig } from './redis-schema.js'

export interface RedisParts {
  readonly clock: Clock
  readonly sealer: Sealer | undefined
  readonly events: StateListener
  /** The section of the configuration that says where Redis is. */
  readonly section: string
}

export interface RedisState {
  /** Asks Redis each time. */
  readonly storage: RedisStorage
  readonly leases: LeaseStore
  readonly sealed: SealedAccounts
  /** Remembers single records of a storage that is over this one, and closes all with it. */
  remember(storage: Storage, ttlMs?: number): Storage
}

/** Records kept in the memory of one process. */
const cacheEntries = 200_000
/** The last part of a record's life, in which Redis is asked but need not answer. */
const staleShare = 0.2
const negativeMs = 30_000

/** Accounts, documents and leases in Redis. */
export function openRedisStorage(config: RedisStorageConfig, parts: RedisParts): RedisState {
  const { clock, sealer, events, section } = parts
  const { plaintext, cacheFor, prefix, replicas = config.url === undefined ? 1 : 0 } = config
  const client = connectRedis(settingsOf(config))
  const shared = { client, replicas, ...(prefix !== undefined && { prefix }) }
  const storage = redisStorage({
    ...shared,
    plaintext,
    clock,
    ...(!plaintext && sealer !== undefined && { sealer }),
    onEvent: naming(`${section}.${placeOf(config)}`, events),
    onRefusal: (error) => events.onRefusal(error.message),
  })
  const leases = redisLeaseStore(shared)
  return {
    leases,
    sealed: storage,
    storage,
    remember(over, ttlMs = cacheFor * (1 - staleShare)) {
      const remembering = cached(over, {
        clock,
        ttlMs,
        staleIfErrorMs: Math.max(0, cacheFor - ttlMs),
        negativeTtlMs: negativeMs,
        maxEntries: cacheEntries,
        subscribe: storage.subscribe,
      })
      return {
        ...remembering,
        async close() {
          await remembering.close()
          leases.close()
          client.disconnect()
        },
      }
    },
  }
}

export interface ClosableLimiter extends RateLimiter {
  check(): Promise<void>
  close(): void
}

/** Limits in Redis, reached as the section says, or as `storage` is. `processes` share the limits on each instance. */
export function openRedisLimiter(
  config: RedisLimiterConfig,
  storage: RedisStorageConfig | undefined,
  processes: number,
  { clock, events, section }: Omit<RedisParts, 'sealer'>,
): ClosableLimiter {
  const isOwn = countPlaces(config) > 0 || storage === undefined
  const place = isOwn ? config : storage
  const prefix = config.prefix ?? storage?.prefix
  const client = connectRedis(settingsOf(place))
  const limiter = redisRateLimiter({
    client,
    clock,
    fallback: memoryRateLimiter({ clock }),
    instances: config.instances * processes,
    failClosed: config.failClosed,
    timeoutMs: config.timeout,
    ...(prefix !== undefined && { prefix }),
    onEvent: naming(`${isOwn ? 'rateLimiter' : section}.${placeOf(place)}`, events),
  })
  return {
    consume: limiter.consume,
    check: limiter.check,
    close() {
      limiter.close()
      client.disconnect()
    },
  }
}

type Place = Omit<RedisLimiterConfig, 'kind' | 'instances' | 'failClosed' | 'timeout'>

function placeOf({ url, sentinel }: Place): string {
  if (url !== undefined) return 'url'
  return sentinel !== undefined ? 'sentinel' : 'cluster'
}

/** The reason names the setting that leads to what failed. */
function naming(setting: string, { onPart }: StateListener): (event: PartEvent) => void {
  return (event) =>
    onPart(event.reason === undefined ? event : { ...event, reason: `${setting} cannot be used: ${event.reason}` })
}

function settingsOf(place: Place): RedisSettings {
  const { url, sentinel, cluster, username, password, database, tls } = place
  const common = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ...(tls !== undefined && tls !== false && { tls: tls === true ? {} : tlsOf(tls) }),
  }
  if (url !== undefined) return { url, ...common }
  if (cluster !== undefined) return { cluster, ...common }
  if (sentinel === undefined) throw new Error('Redis is nowhere.') // the schema has seen to it
  const { master, servers } = sentinel
  return {
    sentinel: {
      master,
      servers,
      ...(sentinel.username !== undefined && { username: sentinel.username }),
      ...(sentinel.password !== undefined && { password: sentinel.password }),
    },
    ...common,
  }
}

function tlsOf({ ca, cert, key, serverName }: Exclude<NonNullable<Place['tls']>, boolean>) {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
  }
}
