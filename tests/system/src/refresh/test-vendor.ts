import {
  type Account,
  type App,
  type Cancellation,
  type Clock,
  ExchangeFailure,
  ExchangeRefusal,
  type TokenExchange,
  type TokenSet,
} from '@proxy/core'

/** What the vendor does with one exchange. `lost`: it spends the refresh token, and the answer never arrives. */
export type Turn = 'ok' | 'down' | 'lost' | { readonly retryAfterMs: number } | { readonly wait: Promise<unknown> }

export interface TestVendor extends TokenExchange {
  /** Exchanges that were asked for. */
  readonly asked: number
  /** Exchanges that gave tokens, or would have. */
  readonly granted: number
  /** What happens from now on; one turn for each exchange, the last for all that follow. */
  next(...turns: readonly [Turn, ...Turn[]]): void
  /** The end user connects again: older refresh tokens are void. */
  grant(): { readonly oauth_access_token: string; readonly oauth_refresh_token: string }
  /** The end user takes the grant back. */
  revoke(): void
}

export interface TestVendorOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Milliseconds that a token lives; undefined: the vendor does not say. */
  readonly lifetimeMs?: number | undefined
  /** Refresh tokens can be used once. Default true. */
  readonly rotates?: boolean
}

/** A vendor of one account's tokens, in memory. */
export function testVendor({ clock, rotates = true, ...options }: TestVendorOptions): TestVendor {
  const lifetimeMs = 'lifetimeMs' in options ? options.lifetimeMs : 3_600_000
  let generation = 0
  let valid: string | undefined
  let turns: Turn[] = ['ok']
  let asked = 0
  let granted = 0

  function issue() {
    generation += 1
    valid = rotates || valid === undefined ? `refresh-${generation}` : valid
    return { oauth_access_token: `access-${generation}`, oauth_refresh_token: valid }
  }

  return {
    get asked() {
      return asked
    },
    get granted() {
      return granted
    },
    next(...list) {
      turns = [...list]
    },
    grant() {
      valid = undefined
      return issue()
    },
    revoke() {
      valid = undefined
    },
    async exchange(account: Account, _app: App, cancellation: Cancellation): Promise<TokenSet> {
      asked += 1
      const turn = (turns.length > 1 ? turns.shift() : turns[0]) ?? 'ok'
      if (turn === 'down') throw new ExchangeFailure('the vendor answered 503')
      if (typeof turn === 'object' && 'retryAfterMs' in turn) {
        throw new ExchangeFailure('the vendor answered 429', turn)
      }
      if (typeof turn === 'object') await Promise.race([turn.wait, whenCancelled(cancellation)])
      if (account.values.reveal().credentials.oauth_refresh_token !== valid) {
        throw new ExchangeRefusal('the vendor answered 400 invalid_grant')
      }
      granted += 1
      const { oauth_access_token, oauth_refresh_token } = issue()
      if (turn === 'lost') throw new Error('the connection was cut')
      return {
        credentials: { oauth_access_token, ...(rotates && { oauth_refresh_token }) },
        expiresAt: lifetimeMs === undefined ? undefined : clock.now() + lifetimeMs,
        scopes: undefined,
      }
    },
  }
}

function whenCancelled(cancellation: Cancellation): Promise<never> {
  return new Promise((_, reject) => cancellation.listen(() => reject(new Error('cancelled'))))
}
