import { randomBytes } from 'node:crypto'
import type { Clock } from './ports/clock.js'
import type { Hook, ProxyEvent } from './ports/hooks.js'
import type { LeaseStore } from './ports/lease.js'
import type { TokenExchange } from './ports/token-exchange.js'
import type { ProxyOptions } from './proxy.js'
import { createRefresher, type Refresher } from './refresher.js'
import type { BodyLimits, ForwardParts, HeaderParts, TurnParts, Window } from './step-parts.js'
import { systemClock } from './system-clock.js'

export interface ProxyLimits {
  /** Calls of one project; default 100 in 60 s; `undefined` for no limit. */
  readonly project?: Window | undefined
  /** Calls of one client or key; default none. */
  readonly client?: Window | undefined
  /** Calls to one account; default none. */
  readonly account?: Window | undefined
  /** Milliseconds to the upstream's head, over all redirects; anew for each retry. Default 30,000. */
  readonly headTimeoutMs?: number
  /** Milliseconds between bytes of an upstream's body. Default 30,000. */
  readonly bodyIdleTimeoutMs?: number
  /** Bytes of a request body. Default 100 MiB. */
  readonly maxRequestBytes?: number
  /** Bytes of a body that is held in memory to sign it or to send it again. Default 1 MiB. */
  readonly maxHeldBytes?: number
  /** Milliseconds between two attempts; an upstream that asks for more gets no further one. Default 60,000. */
  readonly maxRetryWaitMs?: number
  /** Milliseconds for all attempts of a call and the waits between them. Default 600,000. */
  readonly retryTotalMs?: number
}

/** What the steps need, with every default filled in, made once. */
export interface ProxyParts {
  readonly clock: Clock
  readonly hooks: readonly Hook[]
  readonly turn: TurnParts
  readonly header: HeaderParts
  readonly body: BodyLimits
  readonly upstream: ForwardParts
  readonly refresher: Refresher | undefined
  readonly nextRequestId: () => string
}

export interface RenewalParts {
  readonly exchange: TokenExchange
  readonly leases: LeaseStore
  /** Milliseconds before its end at which a token is renewed. Default 60,000. */
  readonly marginMs?: number
  /** Milliseconds that a call without a valid token waits for one. Default 25,000. */
  readonly waitMs?: number
  /** Milliseconds that the one call that renews a token waits while the old one lives: see `RefresherOptions`. */
  readonly aliveWaitMs?: number
}

const mebibyte = 1024 * 1024
const defaultProjectLimit: Window = { requests: 100, windowMs: 60_000 }

export function prepareParts(options: ProxyOptions): ProxyParts {
  const limits = options.limits ?? {}
  const clock = options.clock ?? systemClock()
  const userAgent = options.userAgent ?? 'api-proxy'
  const headTimeoutMs = limits.headTimeoutMs ?? 30_000
  return {
    clock,
    hooks: options.hooks ?? [],
    turn: {
      rateLimiter: options.rateLimiter,
      limits: {
        project: 'project' in limits ? limits.project : defaultProjectLimit,
        client: limits.client,
        account: limits.account,
      },
      customLimits: options.customLimits,
      buckets: new WeakMap(),
    },
    header: {
      viaMarker: `1.1 ${options.name ?? `api-proxy-${randomBytes(8).toString('hex')}`}`,
      userAgent,
      clock,
    },
    body: {
      maxRequestBytes: limits.maxRequestBytes ?? 100 * mebibyte,
      heldBytes: 16 * 1024,
      readableBytes: limits.maxHeldBytes ?? mebibyte,
    },
    upstream: {
      transport: options.transport,
      clock,
      limits: { headTimeoutMs, bodyIdleTimeoutMs: limits.bodyIdleTimeoutMs ?? 30_000 },
      retryLimits: {
        headTimeoutMs,
        maxWaitMs: limits.maxRetryWaitMs ?? 60_000,
        totalMs: limits.retryTotalMs ?? 600_000,
        random: options.random ?? Math.random,
      },
      userAgent,
    },
    refresher: refresherOf(options, clock),
    nextRequestId: requestIds(),
  }
}

function refresherOf({ storage, renewal, refresher, hooks = [] }: ProxyOptions, clock: Clock): Refresher | undefined {
  if (refresher !== undefined || renewal === undefined) return refresher
  return createRefresher({ ...renewal, storage, clock, onRefresh: (event) => tell(hooks, event) })
}

/** A subscriber that throws harms neither the call nor the others. */
export function tell(hooks: readonly Hook[], event: ProxyEvent): void {
  for (const hook of hooks) {
    try {
      hook(event)
    } catch {
      // The port says so: what a hook throws is dropped.
    }
  }
}

/** Ids that are unique over processes: a random start for each, then a counter. */
function requestIds(): () => string {
  const prefix = `req_${randomBytes(9).toString('hex')}`
  let count = 10 ** 6 // seven digits
  return () => {
    count++
    return prefix + count
  }
}
