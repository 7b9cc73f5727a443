import type { Account } from './account.js'
import type { App } from './app.js'
import { ProxyError } from './errors.js'
import { ExchangeFailure } from './exchange-failure.js'
import { limitKey } from './keys.js'
import { endsTheCall, isOwnFault, isWait, refreshFailed, refreshPaused } from './refresh-errors.js'
import { createFlights, type FlightParts } from './refresh-flight.js'
import { createRefreshPauses } from './refresh-pauses.js'
import { haveSameTokens, isRenewable } from './renewed-account.js'
import { defaultMarginMs, isTokenAlive, isTokenDue } from './token-life.js'
import { within } from './waiting.js'

export interface RefresherOptions extends FlightParts {
  /** Milliseconds before its end at which a token counts as due. Default 60,000. */
  readonly marginMs?: number
  /** Milliseconds that a caller without a valid token waits for one. Default 25,000. */
  readonly waitMs?: number
  /**
   * Milliseconds that the one caller who renews a token waits while the old one is still valid; then the renewal goes on
   * behind the call. Default 1,000. Where nothing runs between calls, as on Lambda, use `waitMs`.
   */
  readonly aliveWaitMs?: number
  readonly random?: () => number
}

/** Keeps accounts' credentials fresh: one exchange per expiry, here and across instances. */
export interface Refresher {
  /** True when the account's token ends soon, has ended, or was never made. */
  isDue(account: Account, app: App): boolean
  /**
   * The account with a credential valid now. While the token lives, a slow or failed refresh gives the account as it is;
   * otherwise throws `account_reauth_required`, `account_config_invalid` or `credential_refresh_failed`.
   */
  refresh(account: Account, app: App): Promise<Account>
  /**
   * As `refresh`, for a token that the vendor refused although it looks alive. The account as it was when there is no
   * other token to be had.
   */
  renewRefused(account: Account, app: App): Promise<Account>
  /** Resolves when no refresh is under way. */
  idle(): Promise<void>
  /** As `idle`, before the process ends: an exchange that takes longer than 5 s is given up. */
  close(): Promise<void>
}

/** A token that was renewed this recently and is refused all the same will not get better by renewing it again. */
const justRenewedMs = 10_000
const closeMs = 5_000
/** A call that joins a refresh which comes to nothing starts one itself, and then takes what there is. */
const roundsMost = 3

export function createRefresher(options: RefresherOptions): Refresher {
  const { clock } = options
  const marginMs = options.marginMs ?? defaultMarginMs
  const waitMs = options.waitMs ?? 25_000
  const aliveWaitMs = options.aliveWaitMs ?? 1_000
  const { fly, cancel } = createFlights(options)
  const pauses = createRefreshPauses(clock, options.random ?? Math.random)
  /** By account: in this process, callers share one refresh. */
  const flights = new Map<string, Promise<Account>>()

  const isDue = (account: Account, app: App): boolean => isTokenDue(account, app, marginMs, clock.now())
  const isAlive = (account: Account, app: App): boolean => isTokenAlive(account, app, clock.now())

  function start(key: string, known: Account, app: App, isNeeded: (current: Account) => boolean, patienceMs: number) {
    const flight = fly({ key, known, app, isNeeded, waitMs: patienceMs })
      .then(
        (account) => {
          pauses.end(key)
          return account
        },
        (error: unknown) => {
          const retryAfterMs = error instanceof ExchangeFailure ? error.retryAfterMs : undefined
          if (!isOwnFault(error) && !isWait(error)) pauses.afterFailure(key, known, retryAfterMs)
          throw error
        },
      )
      .finally(() => flights.delete(key))
    flights.set(key, flight)
    flight.catch(ignore) // Callers may have stopped waiting.
    return flight
  }

  async function refresh(account: Account, app: App): Promise<Account> {
    const key = keyOf(account)
    const giveUpAt = clock.now() + waitMs
    let known = account
    for (let round = 0; round < roundsMost; round += 1) {
      const isAliveNow = isAlive(known, app)
      const underWay = flights.get(key)
      const pausedMs = underWay === undefined ? pauses.left(key, known) : 0
      if (isAliveNow && (underWay !== undefined || pausedMs > 0)) return known
      if (pausedMs > 0) throw refreshPaused(known, pausedMs)
      const leftMs = giveUpAt - clock.now()
      if (leftMs <= 0) throw refreshFailed(known, 1_000)
      const flight = underWay ?? start(key, known, app, (current) => isDue(current, app), isAliveNow ? 0 : leftMs)
      try {
        known = (await within(clock, isAliveNow ? aliveWaitMs : leftMs, flight)) ?? known
        if (isAlive(known, app)) return known
      } catch (error) {
        if (endsTheCall(error)) throw error
        if (isAlive(known, app)) return known
        throw asRefreshFailure(error, known, key)
      }
    }
    return known
  }

  function asRefreshFailure(error: unknown, account: Account, key: string): ProxyError {
    if (error instanceof ProxyError && passedOn.has(error.code)) return error
    return refreshFailed(account, pauses.left(key, account), error)
  }

  async function renewRefused(account: Account, app: App): Promise<Account> {
    const key = keyOf(account)
    const { lastRefreshedAt } = account
    if (!isRenewable(account, app)) return account
    if (lastRefreshedAt !== undefined && lastRefreshedAt + justRenewedMs > clock.now()) return account
    const isRefused = (current: Account): boolean => haveSameTokens(current, account)
    try {
      const underWay = flights.get(key)
      if (underWay !== undefined) await within(clock, waitMs, underWay).catch(ignore)
      if (pauses.left(key, account) > 0) return account
      const flight = flights.get(key) ?? start(key, account, app, isRefused, waitMs)
      return (await within(clock, waitMs, flight)) ?? account
    } catch (error) {
      if (endsTheCall(error)) throw error
      return account
    }
  }

  async function idle(): Promise<void> {
    while (flights.size > 0) await Promise.allSettled(flights.values())
  }

  return {
    isDue,
    refresh,
    renewRefused,
    idle,
    async close() {
      await within(clock, closeMs, idle())
      cancel()
      await within(clock, closeMs, idle())
    },
  }
}

/** Failures that say more than that the refresh failed. */
const passedOn: ReadonlySet<string> = new Set([
  'account_config_invalid',
  'credential_refresh_failed',
  'credential_store_unavailable',
])

function keyOf({ project, environment, id }: Account): string {
  return limitKey(['refresh', project, environment, id])
}

function ignore(): void {}
