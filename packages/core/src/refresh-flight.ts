import type { Account } from './account.js'
import type { App } from './app.js'
import { Cancellation } from './cancellation.js'
import { ProxyError } from './errors.js'
import { ExchangeFailure } from './exchange-failure.js'
import { ExchangeRefusal } from './exchange-refusal.js'
import { type HeldLease, holdLease, leaseMs } from './held-lease.js'
import type { Clock } from './ports/clock.js'
import type { RefreshEvent } from './ports/hooks.js'
import type { LeaseStore } from './ports/lease.js'
import type { AccountReader, AccountWriter, FreshAccountReader } from './ports/storage.js'
import type { TokenExchange, TokenSet } from './ports/token-exchange.js'
import { endsTheCall, isOwnFault, reasonOf, reauthRequired, refreshFailed } from './refresh-errors.js'
import { haveSameGrant, isRenewable, withTokens } from './renewed-account.js'
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

const pollMs = 100
/** Longer than callers wait: an answer that comes late still carries the next refresh token. */
const exchangeMs = 120_000
const firstWriteRetryMs = 100
const longestWriteRetryMs = 3_000
/** Tokens in hand are worth more than a quick answer: the vendor may have voided the old ones. */
const writeForMs = 25_000

export interface Flights {
  fly(flight: RefreshFlight): Promise<Account>
  /** Gives up every exchange that is under way. */
  cancel(): void
}

export function createFlights(parts: FlightParts): Flights {
  const { storage, leases, exchange, clock, onRefresh } = parts
  /** Tokens that the store did not take: stored before anything else is asked of the vendor. */
  const unsaved = new Map<string, { readonly account: Account; readonly tokens: TokenSet }>()
  const exchanges = new Set<Cancellation>()

  async function fly(flight: RefreshFlight): Promise<Account> {
    const { key, known, isNeeded } = flight
    const giveUpAt = clock.now() + flight.waitMs
    for (;;) {
      const lease = await leases.acquire(key, leaseMs)
      if (lease === undefined) {
        if (flight.waitMs === 0) return known
        await pause(clock, pollMs)
        const current = await reread(known)
        if (!isNeeded(current)) return current
        if (clock.now() >= giveUpAt) throw refreshFailed(known, 1_000)
        continue
      }
      const held = holdLease(lease, clock)
      try {
        const current = await reread(known)
        return isNeeded(current) ? await renew(current, flight, held) : current
      } finally {
        held.stop()
        // With tokens that are not stored yet, nobody else may spend the old ones at once.
        if (!unsaved.has(key)) await lease.release().catch(ignore)
      }
    }
  }

  async function renew(account: Account, { key, app }: RefreshFlight, held: HeldLease): Promise<Account> {
    let tokens = tokensInHand(key, account)
    try {
      tokens ??= await exchangeNow(account, app)
    } catch (error) {
      if (error instanceof ExchangeRefusal) return await refused(account, error)
      await noteFailure(account, isOwnFault(error) ? error.message : `The last refresh failed: ${reasonOf(error)}.`)
      tell(account, 'failed', reasonOf(error))
      throw error
    }
    unsaved.set(key, { account, tokens })
    try {
      const { stored, isOurs } = await save(account, tokens, held)
      unsaved.delete(key)
      if (isOurs) tell(stored, 'refreshed', undefined)
      return stored
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

  /** Stores what the vendor gave unless the account has got another grant, is dead or gone: then that stands. */
  async function save(
    account: Account,
    tokens: TokenSet,
    held: HeldLease,
  ): Promise<{ readonly stored: Account; readonly isOurs: boolean }> {
    let current = account
    for (;;) {
      const base = current
      const stored = await persistently(async () => {
        return await storage.writeAccount(withTokens(base, tokens, clock.now()), base.version)
      })
      if (stored !== undefined) return { stored, isOurs: true }
      current = await persistently(() => reread(account))
      if (!held.isSure() || !haveSameGrant(current, account)) return { stored: current, isOurs: false }
    }
  }

  /** Tries again while the store fails, for a while. */
  async function persistently<T>(act: () => Promise<T>): Promise<T> {
    const giveUpAt = clock.now() + writeForMs
    for (let delayMs = firstWriteRetryMs; ; delayMs = Math.min(delayMs * 2, longestWriteRetryMs)) {
      try {
        return await act()
      } catch (error) {
        if (endsTheCall(error) || clock.now() >= giveUpAt) throw error
        await pause(clock, delayMs)
      }
    }
  }

  /** Somebody may have stored a newer grant meanwhile; only when nobody has is the account dead. */
  async function refused(account: Account, refusal: ExchangeRefusal): Promise<Account> {
    for (;;) {
      const current = await reread(account)
      if (!haveSameGrant(current, account)) return current
      const error = `The grant has ended: ${refusal.message}. Connect the account again.`
      const stored = await storage.writeAccount(
        { ...current, dead: true, error, updatedAt: clock.now() },
        current.version,
      )
      if (stored === undefined) continue
      tell(account, 'dead', refusal.message)
      throw reauthRequired(account)
    }
  }

  /** Once, and only if nobody has written meanwhile: it is no more than a note. */
  async function noteFailure(account: Account, error: string): Promise<void> {
    if (account.error === error) return
    try {
      await storage.writeAccount({ ...account, error, updatedAt: clock.now() }, account.version)
    } catch {
      // The failure itself is thrown on.
    }
  }

  /** As the store has it now, not as a cache remembers it. */
  async function reread(account: Account): Promise<Account> {
    const current = await (readsFresh(storage)
      ? storage.readFreshAccount(account, account.id)
      : storage.readAccount(account, account.id))
    if (current === undefined) throw new ProxyError('record_not_found', 'No such record.')
    if (current.dead) throw reauthRequired(current)
    return current
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

function readsFresh(storage: AccountReader): storage is AccountReader & FreshAccountReader {
  return 'readFreshAccount' in storage
}

function ignore(): void {}
