import { type Bucket, type Clock, type Decision, ProxyError, type RateLimiter } from '@proxy/core'
import type { Channel } from '@proxy/storage-memory'
import { type Credit, type CreditReply, unwrapReply, wrapRequest } from './credit-messages.js'

interface Account {
  readonly bucket: Bucket
  /** Calls that may pass without asking. */
  left: number
  /** Calls that passed and were not told yet. */
  used: number
  /** What the last credit was. */
  granted: number
  remaining: number
  resetAt: number
  validUntil: number
}

const validForMs = 250
const tellAfterMs = 50
const accountsMost = 100_000

/** The limiter of a worker: lets calls through on credit where there is some, and asks for the others. */
export function creditLimiter(channel: Channel, clock: Pick<Clock, 'now'>): RateLimiter {
  const accounts = new Map<string, Account>()
  const active = new Set<Account>()
  const refusals = new WeakMap<readonly Bucket[], { readonly decision: Decision; readonly until: number }>()
  const waiting = new Map<number, (reply: CreditReply | undefined) => void>()
  let last = 0
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  channel.onMessage((message) => {
    const reply = unwrapReply(message)
    if (reply === undefined) return
    for (const credit of reply.credits) take(credit)
    waiting.get(reply.number)?.(reply)
    waiting.delete(reply.number)
  })
  channel.onClose(() => {
    isClosed = true
    for (const settle of waiting.values()) settle(undefined)
    waiting.clear()
  })

  function take({ key, calls, remaining, resetAt }: Credit): void {
    const account = accounts.get(key)
    if (account === undefined) return
    account.left = account.granted = calls
    account.remaining = remaining
    account.resetAt = resetAt
    account.validUntil = clock.now() + validForMs
  }

  /** Says what was used, and gets new credit for it. */
  function tell(call?: readonly Bucket[]): number {
    clearTimeout(timer)
    timer = undefined
    const used = [...active].map(({ bucket, used: count }) => ({ bucket, count }))
    for (const account of active) account.used = 0
    active.clear()
    last += 1
    channel.send(wrapRequest({ number: last, call, used }))
    return last
  }

  function ask(buckets: readonly Bucket[]): Promise<Decision | undefined> {
    if (isClosed) return Promise.reject(gone())
    for (const bucket of buckets) open(bucket)
    const number = tell(buckets)
    return new Promise((resolve, reject) => {
      waiting.set(number, (reply) => {
        if (reply === undefined) return reject(gone())
        const { decision } = reply
        if (decision?.allowed === false) {
          refusals.set(buckets, { decision, until: clock.now() + decision.retryAfterMs })
        }
        resolve(decision)
      })
    })
  }

  function open(bucket: Bucket): void {
    if (accounts.has(bucket.key)) return
    if (accounts.size >= accountsMost) accounts.clear()
    accounts.set(bucket.key, { bucket, left: 0, used: 0, granted: 0, remaining: 0, resetAt: 0, validUntil: 0 })
  }

  function onCredit(buckets: readonly Bucket[], now: number): Decision | undefined {
    let tightest: Account | undefined
    for (const { key } of buckets) {
      const account = accounts.get(key)
      if (account === undefined || account.left < 1 || account.validUntil <= now) return undefined
      if (tightest === undefined || account.remaining < tightest.remaining) tightest = account
    }
    for (const { key } of buckets) use(accounts.get(key))
    if (tightest === undefined) return undefined
    const { bucket, remaining, resetAt } = tightest
    return { allowed: true, limit: bucket.limit, remaining, windowMs: bucket.windowMs, resetAt, retryAfterMs: 0 }
  }

  function use(account: Account | undefined): void {
    if (account === undefined) return
    account.left -= 1
    account.used += 1
    account.remaining -= 1
    active.add(account)
    if (account.left < account.granted / 2 && account.used >= account.granted / 2) tell()
    else timer ??= setTimeout(tell, tellAfterMs).unref()
  }

  return {
    consume(buckets) {
      if (buckets.length === 0) return undefined
      const now = clock.now()
      const refusal = refusals.get(buckets)
      if (refusal !== undefined && refusal.until > now) {
        return { ...refusal.decision, retryAfterMs: refusal.until - now }
      }
      return onCredit(buckets, now) ?? ask(buckets)
    },
  }
}

function gone(): ProxyError {
  return new ProxyError('overloaded', 'The server is about to end.', { retryAfterSeconds: 1 })
}
