import type { Account } from './account.js'
import type { App } from './app.js'
import { Cancellation } from './cancellation.js'
import { ProxyError } from './errors.js'
import { ExchangeRefusal } from './exchange-refusal.js'
import { limitKey } from './keys.js'
import type { Clock } from './ports/clock.js'
import type { RefreshEvent } from './ports/hooks.js'
import type { Lease, LeaseStore } from './ports/lease.js'
import type { AccountReader, AccountWriter } from './ports/storage.js'
import type { TokenExchange, TokenSet } from './ports/token-exchange.js'
import { withTokens } from './renewed-account.js'

export interface RefresherOptions {
  readonly storage: AccountReader & AccountWriter
  readonly leases: LeaseStore
  readonly exchange: TokenExchange
  readonly clock: Clock
  readonly onRefresh: (event: RefreshEvent) => void
  /** Milliseconds before its end at which a token counts as due. Default 60,000. */
  readonly marginMs?: number
  /** Milliseconds that a caller waits for somebody else's exchange. Default 25,000. */
  readonly waitMs?: number
}

/** Keeps accounts' credentials fresh: one exchange per expiry, here and across instances. */
export interface Refresher {
  /** True when the account's token ends soon, has ended, or was never made. */
  isDue(account: Account, app: App): boolean
  /**
   * The account with a credential valid now. A failed refresh of a token that still lives gives the account as it is;
   * otherwise throws `account_reauth_required` or `credential_refresh_failed`.
   */
  refresh(account: Account, app: App): Promise<Account>
  /** As `refresh`, for a token that the vendor refused although it looks alive. */
  renewRefused(account: Account, app: App): Promise<Account>
}

/** Outlives a process that is stopped for a while in the middle of an exchange, so that nobody spends its grant again. */
const leaseMs = 30_000
const heartbeatMs = 10_000
const pollMs = 100
/** A token that was renewed this recently and is refused all the same will not get better by renewing it again. */
const justRenewedMs = 10_000
const firstBackoffMs = 1_000
const longestBackoffMs = 60_000
const writeAttempts = 5

interface Backoff {
  readonly until: number
  readonly delayMs: number
}

export function createRefresher(options: RefresherOptions): Refresher {
  const { storage, leases, exchange, clock, onRefresh } = options
  const marginMs = options.marginMs ?? 60_000
  const waitMs = options.waitMs ?? 25_000
  const underWay = new Map<string, Promise<Account>>()
  const backoffs = new Map<string, Backoff>()

  function isDue(account: Account, app: App): boolean {
    if (app.renewal === undefined) return false
    if (account.expiresAt !== undefined) return account.expiresAt - marginMs <= clock.now()
    return app.renewal.fromNothing && account.lastRefreshedAt === undefined
  }

  function isAlive(account: Account, app: App): boolean {
    if (account.expiresAt !== undefined) return account.expiresAt > clock.now()
    return !(app.renewal?.fromNothing ?? false) || account.lastRefreshedAt !== undefined
  }

  /** One exchange at a time for each account in this process; the others wait for it. */
  function once(account: Account, app: App): Promise<Account> {
    const key = limitKey(['refresh', account.project, account.environment, account.id])
    let pending = underWay.get(key)
    if (pending === undefined) {
      pending = acrossInstances(key, account, app).finally(() => underWay.delete(key))
      underWay.set(key, pending)
    }
    return pending
  }

  async function acrossInstances(key: string, account: Account, app: App): Promise<Account> {
    const giveUpAt = clock.now() + waitMs
    for (;;) {
      const lease = await leases.acquire(key, leaseMs)
      if (lease !== undefined) return holding(lease, key, account, app)
      await pause(clock, pollMs)
      const current = await reread(account)
      if (hasNewer(current, account)) return current
      if (clock.now() >= giveUpAt) throw refreshFailed(account)
    }
  }

  async function holding(lease: Lease, key: string, account: Account, app: App): Promise<Account> {
    const heartbeat = beat(clock, lease)
    try {
      const current = await reread(account)
      if (hasNewer(current, account)) return current
      const renewed = await exchangeAndWrite(current, app)
      backoffs.delete(key)
      return renewed
    } catch (error) {
      if (!(error instanceof ProxyError)) backOff(key)
      throw error
    } finally {
      heartbeat.stop()
      await lease.release().catch(ignore)
    }
  }

  async function exchangeAndWrite(account: Account, app: App): Promise<Account> {
    let tokens: TokenSet
    try {
      tokens = await exchange.exchange(account, app, new Cancellation())
    } catch (error) {
      if (error instanceof ExchangeRefusal) return await refused(account, app, error)
      await note(account, { error: 'The last refresh failed.' })
      tell(account, 'failed', error)
      throw error
    }
    const written = await store(account, (current) => withTokens(current, tokens, clock.now()))
    tell(written, 'refreshed', undefined)
    return written
  }

  /** Somebody may have stored a newer grant meanwhile; only when nobody has is the account dead. */
  async function refused(account: Account, app: App, refusal: ExchangeRefusal): Promise<Account> {
    const current = await reread(account)
    if (hasNewer(current, account) && isAlive(current, app)) return current
    await note(current, { dead: true, error: 'The vendor refused to renew the grant; connect the account again.' })
    tell(account, 'dead', refusal)
    throw reauthRequired(account)
  }

  async function note(account: Account, change: Partial<Account>): Promise<void> {
    await store(account, (current) => ({ ...current, ...change, updatedAt: clock.now() })).catch(ignore)
  }

  /** Writes over the newest version; an account that is gone stays gone. */
  async function store(account: Account, change: (current: Account) => Account): Promise<Account> {
    let current = account
    for (let attempt = 0; attempt < writeAttempts; attempt++) {
      const written = await storage.writeAccount(change(current), current.version)
      if (written !== undefined) return written
      current = await reread(account)
      if (hasNewer(current, account)) return current
    }
    throw refreshFailed(account)
  }

  async function reread(account: Account): Promise<Account> {
    const current = await storage.readAccount(account, account.id)
    if (current === undefined) throw new ProxyError('record_not_found', 'No such record.')
    if (current.dead) throw reauthRequired(current)
    return current
  }

  function backOff(key: string): void {
    const before = backoffs.get(key)
    const delayMs = before === undefined ? firstBackoffMs : Math.min(before.delayMs * 2, longestBackoffMs)
    backoffs.set(key, { until: clock.now() + delayMs, delayMs })
  }

  async function refresh(account: Account, app: App): Promise<Account> {
    const alive = isAlive(account, app)
    const key = limitKey(['refresh', account.project, account.environment, account.id])
    const backoff = backoffs.get(key)
    if (backoff !== undefined && backoff.until > clock.now()) {
      if (alive) return account
      throw refreshFailed(account, backoff.until - clock.now())
    }
    try {
      return await once(account, app)
    } catch (error) {
      if (error instanceof ProxyError && error.code !== 'credential_refresh_failed') throw error
      if (alive) return account
      throw error instanceof ProxyError ? error : refreshFailed(account, undefined, error)
    }
  }

  function tell(account: Account, outcome: RefreshEvent['outcome'], error: unknown): void {
    const { project, environment, id, app } = account
    const reason = error instanceof Error ? error.name : undefined
    onRefresh({ type: 'refresh', project, environment, account: id, app, outcome, reason })
  }

  return {
    isDue,
    refresh,
    async renewRefused(account, app) {
      const renewedAt = account.lastRefreshedAt
      if (renewedAt !== undefined && renewedAt + justRenewedMs > clock.now()) return account
      return refresh(account, app)
    },
  }
}

/** True when a refresh has happened since `known` was read. */
function hasNewer(current: Account, known: Account): boolean {
  return current.version !== known.version && current.lastRefreshedAt !== known.lastRefreshedAt
}

function beat(clock: Clock, lease: Lease): { stop(): void } {
  let timer = clock.after(heartbeatMs, next)
  function next(): void {
    timer = clock.after(heartbeatMs, next)
    lease.renew().catch(ignore)
  }
  return { stop: () => timer.cancel() }
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })
}

function ignore(): void {}

function reauthRequired(account: Account): ProxyError {
  return new ProxyError('account_reauth_required', `The account ${account.id} has to be connected again.`, {
    details: { account_id: account.id },
  })
}

function refreshFailed(account: Account, retryAfterMs = 1_000, cause?: unknown): ProxyError {
  return new ProxyError(
    'credential_refresh_failed',
    `The credential of the account ${account.id} cannot be renewed at the moment.`,
    {
      details: { account_id: account.id },
      retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)),
      cause,
    },
  )
}
