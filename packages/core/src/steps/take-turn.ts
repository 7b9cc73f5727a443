import type { Account } from '../account.js'
import type { App } from '../app.js'
import { ProxyError } from '../errors.js'
import { limitKey } from '../keys.js'
import type { Caller } from '../ports/authenticator.js'
import type { CustomLimits } from '../ports/custom-limits.js'
import type { ProxyCall } from '../ports/dialect.js'
import type { Bucket, Decision } from '../ports/rate-limiter.js'
import type { TurnLimits, TurnParts, Window } from '../step-parts.js'

/** Throws `rate_limited` for a refused turn. */
export function refuseIfSpent(turn: Decision | undefined): void {
  if (turn === undefined || turn.allowed) return
  throw new ProxyError('rate_limited', 'Throttled', {
    retryAfterSeconds: Math.max(1, Math.ceil(turn.retryAfterMs / 1000)),
  })
}

/** Counts the call. The decision of the tightest limit, refused or not; undefined when nothing limits it. */
export function takeTurn(
  call: ProxyCall,
  caller: Caller,
  app: App,
  account: Account,
  parts: TurnParts,
): Decision | undefined | Promise<Decision | undefined> {
  const buckets = bucketsOf(caller, app, account, parts)
  if (call.rateLimitToken === undefined) return parts.rateLimiter.consume(buckets)
  return customBucket(call.rateLimitToken, caller, parts.customLimits).then((custom) =>
    parts.rateLimiter.consume([...buckets, custom]),
  )
}

function bucketsOf(caller: Caller, app: App, account: Account, parts: TurnParts): readonly Bucket[] {
  let byCaller = parts.buckets.get(account)
  if (byCaller === undefined) {
    byCaller = new WeakMap()
    parts.buckets.set(account, byCaller)
  }
  let buckets = byCaller.get(caller)
  if (buckets === undefined) {
    buckets = makeBuckets(caller, app, account, parts.limits)
    byCaller.set(caller, buckets)
  }
  return buckets
}

function makeBuckets(caller: Caller, app: App, account: Account, limits: TurnLimits): readonly Bucket[] {
  const buckets: Bucket[] = []
  const add = (window: Window | undefined, ...parts: string[]) => {
    if (window !== undefined) {
      buckets.push({
        key: limitKey(parts),
        group: caller.project,
        limit: window.requests,
        windowMs: window.windowMs,
      })
    }
  }
  add(limits.project, 'project', caller.project)
  add(limits.client, 'client', caller.project, caller.client)
  add(limits.account, 'account', account.project, account.environment, account.id)
  add(app.limit, 'app', account.project, account.environment, app.slug, account.id)
  return buckets
}

async function customBucket(token: string, caller: Caller, customLimits: CustomLimits | undefined): Promise<Bucket> {
  const custom = await customLimits?.resolve(token, caller)
  if (custom === undefined) throw new ProxyError('invalid_request', 'The token in x-pd-rate-limit is unknown.')
  return {
    key: limitKey(['custom', custom.id]),
    group: caller.project,
    limit: custom.requests,
    windowMs: custom.windowMs,
  }
}
