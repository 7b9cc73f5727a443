import type { ConnectionOptions } from 'node:tls'
import { Cluster, type ClusterOptions, Redis } from 'ioredis'
import type { RedisClient } from './redis-client.js'

export interface RedisServer {
  readonly host: string
  readonly port: number
}

/** Where Redis is: one server, the servers of a Sentinel set-up, or those of a cluster. */
export type RedisPlace =
  /** `redis://user:password@host:6379/0`; `rediss://` for TLS. */
  | { readonly url: string }
  | {
      readonly sentinel: {
        /** Name of the set that Sentinel watches. */
        readonly master: string
        /** The Sentinels; others are found through these. */
        readonly servers: readonly RedisServer[]
        readonly username?: string
        readonly password?: string
      }
    }
  /** Some of its servers; others are found through these. */
  | { readonly cluster: { readonly servers: readonly RedisServer[] } }

export type RedisSettings = RedisPlace & {
  readonly username?: string
  readonly password?: string
  /** Number of the database; a cluster has 0 alone. */
  readonly database?: number
  /** Speaks TLS, to Sentinels, too. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername'>
}

/** A server that says nothing for this long, when something was asked, is left and connected to anew. */
const silenceMs = 2_000
const longestPauseMs = 500

/**
 * A client that connects by itself, again and again, and fails what was asked on a connection that is lost. End it with
 * `disconnect`. Its errors are the listeners' to hear; it never throws for want of one.
 */
export function connectRedis(settings: RedisSettings): RedisClient {
  const client = open(settings)
  client.on('error', () => undefined)
  return client
}

function open(settings: RedisSettings): RedisClient {
  const options = connectionOptions(settings)
  if ('url' in settings) return new Redis(settings.url, { ...options, retryStrategy: pauseBefore })
  if ('sentinel' in settings) return new Redis({ ...options, ...sentinelOptions(settings) })
  return new Cluster([...settings.cluster.servers], {
    ...clusterDefaults,
    // A certificate is for a name, not for the address that the name stands for.
    ...(settings.tls !== undefined && { dnsLookup: (name, answer) => answer(null, name) }),
    redisOptions: options,
  })
}

function connectionOptions({ username, password, database, tls }: RedisSettings) {
  return {
    connectionName: 'api-proxy',
    connectTimeout: silenceMs,
    socketTimeout: silenceMs,
    keepAlive: 10_000,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    reconnectOnError: mayBeDemoted(),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { db: database }),
    ...(tls !== undefined && { tls: { ...tls } }),
  }
}

type SentinelSettings = Extract<RedisPlace, { readonly sentinel: unknown }> & Pick<RedisSettings, 'tls'>

function sentinelOptions({ sentinel, tls }: SentinelSettings) {
  const { master, servers, username, password } = sentinel
  return {
    name: master,
    sentinels: servers.map(({ host, port }) => ({ host, port })),
    retryStrategy: pauseBefore,
    sentinelRetryStrategy: pauseBefore,
    sentinelReconnectStrategy: pauseBefore,
    sentinelCommandTimeout: silenceMs,
    failoverDetector: true,
    ...(username !== undefined && { sentinelUsername: username }),
    ...(password !== undefined && { sentinelPassword: password }),
    ...(tls !== undefined && { sentinelTLS: { ...tls }, enableTLSForSentinelMode: true }),
  }
}

const clusterDefaults: ClusterOptions = {
  clusterRetryStrategy: pauseBefore,
  slotsRefreshInterval: 2_000,
  slotsRefreshTimeout: silenceMs,
  retryDelayOnFailover: 50,
  retryDelayOnClusterDown: 100,
  retryDelayOnTryAgain: 20,
}

/** 50, 100, 200, … milliseconds, less up to a half, so that instances do not come all at once. */
function pauseBefore(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt - 1, 10), longestPauseMs) * (1 - Math.random() / 2)
}

/** A server that takes no writes may have become a replica: its name is looked up anew, once in a while. */
function mayBeDemoted(): (error: Error) => boolean {
  let quietUntil = 0
  return ({ message }) => {
    if (!message.startsWith('READONLY') || performance.now() < quietUntil) return false
    quietUntil = performance.now() + longestPauseMs
    return true
  }
}
