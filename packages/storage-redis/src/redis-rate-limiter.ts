import { type Clock, type Decision, type PartEvent, ProxyError, type RateLimiter, systemClock } from '@proxy/core'
import { createCircuit } from './circuit.js'
import { checkPrefix } from './keys.js'
import { bucketNames, type NamedBuckets, probeKey, restoreMark } from './limiter/bucket-names.js'
import { consumeBatches } from './limiter/consume-batches.js'
import { consumeScript } from './limiter/consume-script.js'
import { type CountedBucket, localShare } from './limiter/local-share.js'
import { restoreScript } from './limiter/restore-script.js'
import { createLink } from './link.js'
import { type RedisClient, serverOf } from './redis-client.js'
import { toFault } from './redis-fault.js'

export interface RedisRateLimiterOptions {
  /** Made, and ended, by the host. */
  readonly client: RedisClient
  /** Decides while Redis is away: a limiter in this process, asked with a share of each limit. */
  readonly fallback: RateLimiter
  /** Processes that share the limits; each gets this part of them while Redis is away. Default 1. */
  readonly instances?: number
  /** Rejects with `overloaded` (503) while Redis is away, in place of deciding here. Default false. */
  readonly failClosed?: boolean
  /** Begins every key. Default `api-proxy:`. */
  readonly prefix?: string
  /** Milliseconds that a call waits for Redis. Default 40. */
  readonly timeoutMs?: number
  readonly clock?: Clock
  /** Counts by this clock in place of the server's, which all instances share. For tests. */
  readonly countBy?: Pick<Clock, 'now'>
  /** Hears when Redis is away and when it is back. */
  readonly onEvent?: (event: PartEvent) => void
}

export interface RedisRateLimiter extends RateLimiter {
  /** Resolves when calls are counted in Redis; rejects with the reason when they are not. */
  check(): Promise<void>
  /** Stops what goes on in the background. The client stays open. */
  close(): void
}

const probeWithinMs = 1_000
/** Buckets of a script that restores them. */
const restoredAtOnce = 100

/** Rate limits that all instances share: sliding windows on the server's time, one round trip a call. */
export function redisRateLimiter(options: RedisRateLimiterOptions): RedisRateLimiter {
  const { fallback, instances = 1, failClosed = false, prefix = 'api-proxy:', timeoutMs = 40 } = options
  checkPrefix(prefix)
  const clock = options.clock ?? systemClock()
  const countBy = options.countBy?.now.bind(options.countBy)
  const link = createLink(options.client)
  const name = bucketNames(prefix)
  const share = localShare({ fallback, instances, clock })
  const batches = consumeBatches({ link, clock, withinMs: timeoutMs, countBy })
  const idle = name([{ key: '', limit: 1, windowMs: 1 }])
  const circuit = createCircuit({
    link,
    clock,
    part: 'rateLimiter',
    withinMs: timeoutMs,
    probe,
    firstKey: idle.group,
    onRecovery: restoreCounts,
    onEvent: options.onEvent ?? (() => undefined),
  })

  function probe(group: string): Promise<unknown> {
    return link.run(probeWithinMs, consumeScript, [probeKey(group)], [countBy?.() ?? '', 1, 1, 1, 1])
  }

  async function consume(named: NamedBuckets): Promise<Decision> {
    try {
      const { decision, tightest } = await batches.consume(named)
      const key = named.keys[tightest]
      if (!decision.allowed && key !== undefined) share.refused(key, decision.retryAfterMs)
      return decision
    } catch (error) {
      circuit.trip(named.group, toFault(error))
      return await decideHere(named)
    }
  }

  async function decideHere(named: NamedBuckets): Promise<Decision> {
    if (!failClosed) return await share.decide(named)
    throw new ProxyError('overloaded', 'Calls cannot be counted at the moment.', {
      retryAfterSeconds: 1,
      cause: circuit.faultOf(named.group),
    })
  }

  /** What was let pass here while a server was away counts there, should it have lost its own counts. */
  async function restoreCounts(key: string): Promise<void> {
    const server = serverOf(link.client, key)
    for (const group of share.groups()) {
      if (serverOf(link.client, group) === server) await share.handOver(group, restore)
    }
  }

  async function restore(counted: readonly CountedBucket[]): Promise<void> {
    for (let at = 0; at < counted.length; at += restoredAtOnce) {
      const some = counted.slice(at, at + restoredAtOnce)
      const keys = some.flatMap(({ key }) => [key, restoreMark(key)])
      const args = some.flatMap(({ calls, windowMs }) => [calls, windowMs])
      await link.run(probeWithinMs, restoreScript, keys, [countBy?.() ?? '', ...args])
    }
  }

  return {
    consume(buckets) {
      if (buckets.length === 0) return undefined
      const named = name(buckets)
      return circuit.faultOf(named.group) === undefined ? consume(named) : decideHere(named)
    },
    async check() {
      await circuit.check()
      await probe(idle.group)
    },
    close() {
      circuit.close()
      link.close()
    },
  }
}
