import type { Account } from './account.js'
import type { App } from './app.js'
import { Cancellation } from './cancellation.js'
import { ExchangeFailure } from './exchange-failure.js'
import { ExchangeRefusal } from './exchange-refusal.js'
import { holdLease, leaseMs } from './held-lease.js'
import type { Clock } from './ports/clock.js'
import type { RefreshEvent } from './ports/hooks.js'
import type { Lease, LeaseStore } from './ports/lease.js'
import type { AccountReader, AccountWriter } from './ports/storage.js'
import type { TokenExchange, TokenSet } from './ports/token-exchange.js'
import { endsTheCall, isOwnFault, isReauthRequired, reasonOf, refreshFailed } from './refresh-errors.js'
import { createRefreshStore } from './refresh-store.js'
import { haveSameGrant, isRenewable } from './renewed-account.js'
import { pause, within } from './waiting.js'

export interface FlightParts {
  readonly storage: AccountReader & AccountWriter
  readonly leases: LeaseStore
  readonly exchange: TokenExchange
  readonly clock: Clock
  readonly onRefresh: (event: RefreshEvent) => void
}

/** One refresh of one account, alone among all instances. */
export interface RefreshFlight {
  readonly key: string
  /** The account as its caller knew it. */
  readonly known: Account
  readonly app: App
  /** Whether the account, as it was just read, has to be renewed. */
  readonly isNeeded: (current: Account) => boolean
  /** Milliseconds to wait while another instance does it. 0: leave the account to that one, and give it as it is. */
  readonly waitMs: number
}

export interface Flights {
  fly(flight: RefreshFlight): Promise<Account>
  /** Gives up every exchange that is under way. */
  cancel(): void
}

const pollMs = 100
/** Longer than callers wait: an answer that comes late still carries the next refresh token. */
const exchangeMs = 120_000

export function createFlights(parts: FlightParts): Flights {
  const { leases, exchange, clock, onRefresh } = parts
  const store = createRefreshStore(parts.storage, clock)
  /** Tokens that the store did not take: stored before anything else is asked of the vendor. */
  const unsaved = new Map<string, { readonly account: Account; readonly tokens: TokenSet }>()
  const exchanges = new Set<Cancellation>()

  async function fly(flight: RefreshFlight): Promise<Account> {
    const { key, known, isNeeded, waitMs } = flight
    const giveUpAt = clock.now() + waitMs
    let isWaiting = false
    for (;;) {
      const lease = await tolerantly(() => leases.acquire(key, leaseMs), isWaiting)
      if (lease !== undefined) return await alone(flight, lease)
      if (waitMs === 0) return known
      isWaiting = true
      await pause(clock, pollMs)
      const current = await tolerantly(() => store.reread(known), isWaiting)
      if (current !== undefined && !isNeeded(current)) return current
      if (clock.now() >= giveUpAt) throw refreshFailed(known, 1_000)
    }
  }

  async function alone({ key, known, app, isNeeded }: RefreshFlight, lease: Lease): Promise<Account> {
    const held = holdLease(lease, clock)
    try {
      const current = await store.reread(known)
      return isNeeded(current) ? await renew(key, current, app, held.isSure) : current
    } finally {
      held.stop()
      // With tokens that are not stored yet, nobody else may spend the old ones at once.
      if (!unsaved.has(key)) await lease.release().catch(ignore)
    }
  }

  async function renew(key: string, account: Account, app: App, isSure: () => boolean): Promise<Account> {
    let tokens = tokensInHand(key, account)
    try {
      tokens ??= await exchangeNow(account, app)
    } catch (error) {
      if (error instanceof ExchangeRefusal) return await refused(account, error)
      await store.note(account, isOwnFault(error) ? error.message : `The last refresh failed: ${reasonOf(error)}.`)
      tell(account, 'failed', reasonOf(error))
      throw error
    }
    unsaved.set(key, { account, tokens })
    try {
      const saved = await store.save(account, tokens, isSure)
      unsaved.delete(key)
      if (saved.isOurs) tell(account, 'refreshed', undefined)
      return saved.account
    } catch (error) {
      if (endsTheCall(error)) unsaved.delete(key)
      throw error
    }
  }

  function tokensInHand(key: string, account: Account): TokenSet | undefined {
    const found = unsaved.get(key)
    unsaved.delete(key)
    return found !== undefined && haveSameGrant(found.account, account) ? found.tokens : undefined
  }

  async function exchangeNow(account: Account, app: App): Promise<TokenSet> {
    if (!isRenewable(account, app)) throw new ExchangeRefusal('there is no refresh token')
    const cancellation = new Cancellation()
    exchanges.add(cancellation)
    try {
      const tokens = await within(clock, exchangeMs, exchange.exchange(account, app, cancellation))
      if (tokens !== undefined) return tokens
      cancellation.cancel()
      throw new ExchangeFailure('the vendor did not answer in time')
    } finally {
      exchanges.delete(cancellation)
    }
  }

  /** Somebody may have stored a newer grant meanwhile; only when nobody has is the account dead. */
  async function refused(account: Account, { message }: ExchangeRefusal): Promise<Account> {
    try {
      return await store.bury(account, `The grant has ended: ${message}. Connect the account again.`)
    } catch (error) {
      if (isReauthRequired(error)) tell(account, 'dead', message)
      throw error
    }
  }

  function tell(account: Account, outcome: RefreshEvent['outcome'], reason: string | undefined): void {
    const { project, environment, id, app } = account
    onRefresh({ type: 'refresh', project, environment, account: id, app, outcome, reason })
  }

  return {
    fly,
    cancel() {
      for (const cancellation of exchanges) cancellation.cancel()
    },
  }
}

/** Who waits for another instance bears that the store is away for a moment: undefined then. */
async function tolerantly<T>(ask: () => Promise<T | undefined>, isWaiting: boolean): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (!isWaiting || endsTheCall(error)) throw error
    return undefined
  }
}

function ignore(): void {}
