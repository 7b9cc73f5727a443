import type { Clock, Decision } from '@proxy/core'
import type { Argument, Link } from '../link.js'
import { isCluster } from '../redis-client.js'
import { RedisFault } from '../redis-fault.js'
import type { NamedBuckets } from './bucket-names.js'
import { consumeScript } from './consume-script.js'

/** Asks for one call; `refused` names the bucket that refused. */
export interface Answered {
  readonly decision: Decision
  readonly tightest: number
}

export interface ConsumeBatches {
  consume(named: NamedBuckets): Promise<Answered>
}

export interface ConsumeBatchesOptions {
  readonly link: Link
  readonly clock: Pick<Clock, 'now'>
  readonly withinMs: number
  /** Epoch milliseconds to count by; undefined for the server's time. */
  readonly countBy: (() => number) | undefined
}

interface Waiting {
  readonly named: NamedBuckets
  readonly resolve: (answered: Answered) => void
  readonly reject: (fault: unknown) => void
}

/** Longer scripts would keep the server from others. */
const callsInScript = 50
const figuresOfCall = 5

/** Sends what is asked in one turn of the event loop together: one script a batch, one batch a group on a cluster. */
export function consumeBatches({ link, clock, withinMs, countBy }: ConsumeBatchesOptions): ConsumeBatches {
  let waiting: Waiting[] = []

  function flush(): void {
    const calls = waiting
    waiting = []
    for (const group of isCluster(link.client) ? byGroup(calls) : [calls]) {
      for (let at = 0; at < group.length; at += callsInScript) void send(group.slice(at, at + callsInScript))
    }
  }

  async function send(calls: readonly Waiting[]): Promise<void> {
    try {
      const { keys, args } = compose(calls, countBy)
      settle(calls, await link.run(withinMs, consumeScript, keys, args), clock.now())
    } catch (error) {
      for (const call of calls) call.reject(error)
    }
  }

  return {
    consume: (named) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush)
        waiting.push({ named, resolve, reject })
      }),
  }
}

function byGroup(calls: readonly Waiting[]): Iterable<Waiting[]> {
  const groups = new Map<string, Waiting[]>()
  for (const call of calls) {
    const group = groups.get(call.named.group)
    if (group === undefined) groups.set(call.named.group, [call])
    else group.push(call)
  }
  return groups.values()
}

function compose(calls: readonly Waiting[], countBy: (() => number) | undefined) {
  const positions = new Map<string, number>()
  const args: Argument[] = [countBy === undefined ? '' : countBy()]
  for (const { named } of calls) {
    args.push(named.keys.length)
    for (let nth = 0; nth < named.keys.length; nth += 1) {
      const key = named.keys[nth]
      const bucket = named.buckets[nth]
      if (key === undefined || bucket === undefined) continue
      let position = positions.get(key)
      if (position === undefined) {
        position = positions.size + 1
        positions.set(key, position)
      }
      args.push(position, bucket.limit, bucket.windowMs)
    }
  }
  return { keys: [...positions.keys()], args }
}

function settle(calls: readonly Waiting[], answer: unknown, now: number): void {
  if (!Array.isArray(answer) || answer.length !== calls.length * figuresOfCall) throw new RedisFault('unknown')
  for (const [nth, { named, resolve }] of calls.entries()) {
    const [isAllowed, tightest, remaining, fullInMs, retryAfterMs] = answer.slice(nth * figuresOfCall).map(Number)
    const bucket = named.buckets[(tightest ?? 0) - 1]
    if (bucket === undefined) throw new RedisFault('unknown')
    resolve({
      tightest: (tightest ?? 0) - 1,
      decision: {
        allowed: isAllowed === 1,
        limit: bucket.limit,
        remaining: remaining ?? 0,
        windowMs: bucket.windowMs,
        resetAt: now + (fullInMs ?? 0),
        retryAfterMs: retryAfterMs ?? 0,
      },
    })
  }
}
