import calculateSlot from 'cluster-key-slot'
import type { Cluster, Redis } from 'ioredis'

/** A client of ioredis: `Redis` for one server or Sentinel, `Cluster` for a cluster. */
export type RedisClient = Redis | Cluster

export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster
}

/** The name of the server that holds `key`; the same for all keys when there is one server. */
export function serverOf(client: RedisClient, key: string): string {
  if (!isCluster(client)) return ''
  return client.slots[calculateSlot(key)]?.[0] ?? ''
}

/** A connection of its own with the client's settings, which ends by `disconnect`. */
export function duplicateClient(client: RedisClient): RedisClient {
  return isCluster(client) ? client.duplicate() : client.duplicate()
}
