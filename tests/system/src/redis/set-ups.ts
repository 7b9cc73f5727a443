import { createKeyRing, createSealer } from '@proxy/core'
import { connectRedis, type RedisClient, type RedisSettings } from '@proxy/storage-redis'
import { startCluster, startRedis, startSentinel } from '@proxy/test-support/redis'

export const sealer = createSealer(createKeyRing([Buffer.alloc(32, 7).toString('base64')]))

/** A busy machine shall not make a part give up on a server that is well. */
export const patience = { readTimeoutMs: 10_000, timeoutMs: 10_000 }

export interface SetUp {
  readonly settings: RedisSettings
  stop(): Promise<void>
}

/** The ways in which Redis is run: how to start each. */
export const setUps: readonly (readonly [name: string, start: () => Promise<SetUp>])[] = [
  ['one server', startSingle],
  ['a cluster of six', startClusterOfSix],
  ['Sentinel', startWithSentinel],
]

async function startSingle(): Promise<SetUp> {
  const server = await startRedis()
  return { settings: { url: server.url }, stop: server.stop }
}

async function startClusterOfSix(): Promise<SetUp> {
  const { servers, stop } = await startCluster()
  return { settings: { cluster: { servers } }, stop }
}

async function startWithSentinel(): Promise<SetUp> {
  const { sentinels, name, stop } = await startSentinel()
  return { settings: { sentinel: { master: name, servers: sentinels } }, stop }
}

/** A client that is connected. */
export async function connected(settings: RedisSettings): Promise<RedisClient> {
  const client = connectRedis(settings)
  if (client.status !== 'ready') await new Promise<void>((resolve) => client.once('ready', () => resolve()))
  return client
}
