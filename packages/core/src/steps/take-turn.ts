import type { Account } from '../account.js'
import type { App } from '../app.js'
import { ProxyError } from '../errors.js'
import { limitKey } from '../keys.js'
import type { Caller } from '../ports/authenticator.js'
import type { CustomLimits } from '../ports/custom-limits.js'
import type { ProxyCall } from '../ports/dialect.js'
import type { Bucket, Decision } from '../ports/rate-limiter.js'
import type { TurnParts, Window } from '../step-parts.js'

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
  const { limits } = parts
  const shared = sharedBuckets(caller, parts)
  // Kept for a hundred thousand accounts, these would cost the garbage collector more than making them anew.
  if (limits.account === undefined && app.limit === undefined) return shared
  const { project, environment, id } = account
  const buckets = [...shared]
  if (limits.account !== undefined) buckets.push(bucket(caller, limits.account, ['account', project, environment, id]))
  if (app.limit !== undefined) buckets.push(bucket(caller, app.limit, ['app', project, environment, app.slug]))
  return buckets
}

/** The buckets of all calls of a caller, made once. */
function sharedBuckets(caller: Caller, { buckets, limits }: TurnParts): readonly Bucket[] {
  const known = buckets.get(caller)
  if (known !== undefined) return known
  const { project, client } = caller
  const made: Bucket[] = []
  if (limits.project !== undefined) made.push(bucket(caller, limits.project, ['project', project]))
  if (limits.client !== undefined) made.push(bucket(caller, limits.client, ['client', project, client]))
  buckets.set(caller, made)
  return made
}

function bucket({ project }: Caller, { requests, windowMs }: Window, parts: readonly string[]): Bucket {
  return { key: limitKey(parts), group: project, limit: requests, windowMs }
}

async function customBucket(token: string, caller: Caller, customLimits: CustomLimits | undefined): Promise<Bucket> {
  const custom = await customLimits?.resolve(token, caller)
  if (custom === undefined) throw new ProxyError('invalid_request', 'The token in x-pd-rate-limit is unknown.')
  return bucket(caller, custom, ['custom', custom.id])
}
