import { randomUUID } from 'node:crypto'
import { type Lease, type LeaseStore, ProxyError } from '@proxy/core'
import { confirmWrite } from './confirm-write.js'
import { createKeys } from './keys.js'
import { type Argument, createLink, duplicateLink } from './link.js'
import type { RedisClient } from './redis-client.js'
import { toFault } from './redis-fault.js'
import { defineScript, type Script } from './script.js'

export interface RedisLeaseStoreOptions {
  /** Made, and ended, by the host. */
  readonly client: RedisClient
  /** Begins every key. Default `api-proxy:`. */
  readonly prefix?: string
  /** Milliseconds that a request waits for Redis. Default 1,000. */
  readonly timeoutMs?: number
  /** Replicas that must know of a lease before it is granted, as for `redisStorage`. Default 0. */
  readonly replicas?: number
}

export interface RedisLeaseStore extends LeaseStore {
  /** Ends what was opened here. The client stays open. */
  close(): void
}

/** The last fencing token is kept this long; later ones are greater all the same, because they begin at the time. */
const fenceLifeMs = 24 * 3_600_000

/** KEYS: holder, fence. ARGV: token, duration, how long the fence stays. Answers the fencing token, 0 when it is held. */
const acquireScript = defineScript(`
local holder = redis.call('GET', KEYS[1])
if holder then
  local token, fence = string.match(holder, '^(%S+) (%d+)$')
  return token == ARGV[1] and tonumber(fence) or 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local fence = math.max(now, (tonumber(redis.call('GET', KEYS[2]) or 0) or 0) + 1)
local text = string.format('%.0f', fence)
redis.call('SET', KEYS[2], text, 'PX', ARGV[3])
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. text, 'PX', ARGV[2])
return fence
`)

/** KEYS: holder. ARGV: token with fencing token, duration; none gives it up. Answers 1 when it was held. */
const renewScript = defineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) else redis.call('DEL', KEYS[1]) end
return 1
`)

/** Leases among all instances. Rejects with `credential_store_unavailable` when Redis does not answer. */
export function redisLeaseStore(options: RedisLeaseStoreOptions): RedisLeaseStore {
  const { client, prefix = 'api-proxy:', timeoutMs = 1_000, replicas = 0 } = options
  const keys = createKeys(prefix)
  const link = replicas > 0 ? duplicateLink(client) : createLink(client)

  async function ask(script: Script, names: readonly string[], args: readonly Argument[]): Promise<number> {
    try {
      await link.connected(timeoutMs)
      const answer = Number(await link.run(timeoutMs, script, names, args))
      if (replicas > 0 && answer > 0) await confirmWrite(link, names[0] ?? '', replicas)
      return answer
    } catch (error) {
      throw new ProxyError('credential_store_unavailable', 'Leases cannot be had at the moment.', {
        retryAfterSeconds: 1,
        cause: toFault(error),
      })
    }
  }

  return {
    async acquire(key, durationMs): Promise<Lease | undefined> {
      const { holder, fence } = keys.lease(key)
      const token = randomUUID()
      const fencingToken = await ask(acquireScript, [holder, fence], [token, durationMs, fenceLifeMs])
      if (fencingToken === 0) return undefined
      const held = `${token} ${fencingToken}`
      return {
        key,
        fencingToken,
        renew: async () => (await ask(renewScript, [holder], [held, durationMs])) === 1,
        async release() {
          await ask(renewScript, [holder], [held])
        },
      }
    },
    close: link.close,
  }
}
