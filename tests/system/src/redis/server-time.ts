import { setTimeout as pause } from 'node:timers/promises'
import type { RedisClient } from '@proxy/storage-redis'

/** Waits until `ms` have passed on the clock by which Redis lets keys expire: a timer of Node may be ahead of it. */
export async function serverTimePasses(client: RedisClient, ms: number): Promise<void> {
  const until = (await serverTime(client)) + ms
  for (let left = ms; left > 0; left = until - (await serverTime(client))) await pause(left)
}

async function serverTime(client: RedisClient): Promise<number> {
  const [seconds, microseconds] = await client.time()
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}
