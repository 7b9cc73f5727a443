import type { Account } from './account.js'
import { ProxyError } from './errors.js'
import type { Clock } from './ports/clock.js'
import type { AccountReader, AccountWriter, FreshAccountReader } from './ports/storage.js'
import type { TokenSet } from './ports/token-exchange.js'
import { endsTheCall, reauthRequired } from './refresh-errors.js'
import { haveSameGrant, withTokens } from './renewed-account.js'
import { pause } from './waiting.js'

export interface Saved {
  readonly account: Account
  /** False when the account had changed meanwhile, so that the tokens were of no use. */
  readonly isOurs: boolean
}

/** The account of a refresh in the store. Every method throws when the account is gone or dead. */
export interface RefreshStore {
  /** As the store has it now, not as a cache remembers it. */
  reread(account: Account): Promise<Account>
  /**
   * Stores what the vendor gave for `account`, unless that has got another grant meanwhile. When `mayMerge` says no,
   * anything that was written meanwhile stands. While the store fails, it is tried again for a while.
   */
  save(account: Account, tokens: TokenSet, mayMerge: () => boolean): Promise<Saved>
  /** Marks the account as dead, and throws `account_reauth_required`; the account as it is now if it has another grant. */
  bury(account: Account, error: string): Promise<Account>
  /** Once, and only if nobody has written meanwhile: it is no more than a note. */
  note(account: Account, error: string): Promise<void>
}

const firstRetryMs = 100
const longestRetryMs = 3_000
/** Tokens in hand are worth more than a quick answer: the vendor may have voided the old ones. */
const retryForMs = 25_000

export function createRefreshStore(storage: AccountReader & AccountWriter, clock: Clock): RefreshStore {
  async function reread(account: Account): Promise<Account> {
    const current = await (readsFresh(storage)
      ? storage.readFreshAccount(account, account.id)
      : storage.readAccount(account, account.id))
    if (current === undefined) throw new ProxyError('record_not_found', 'No such record.')
    if (current.dead) throw reauthRequired(current)
    return current
  }

  async function persistently<T>(act: () => Promise<T>): Promise<T> {
    const giveUpAt = clock.now() + retryForMs
    for (let delayMs = firstRetryMs; ; delayMs = Math.min(delayMs * 2, longestRetryMs)) {
      try {
        return await act()
      } catch (error) {
        if (endsTheCall(error) || clock.now() >= giveUpAt) throw error
        await pause(clock, delayMs)
      }
    }
  }

  return {
    reread,
    async save(account, tokens, mayMerge) {
      let current = account
      for (;;) {
        const base = current
        const written = await persistently(async () => {
          return await storage.writeAccount(withTokens(base, tokens, clock.now()), base.version)
        })
        if (written !== undefined) return { account: written, isOurs: true }
        current = await persistently(() => reread(account))
        if (!mayMerge() || !haveSameGrant(current, account)) return { account: current, isOurs: false }
      }
    },
    async bury(account, error) {
      for (;;) {
        const current = await reread(account)
        if (!haveSameGrant(current, account)) return current
        const dead = { ...current, dead: true, error, updatedAt: clock.now() }
        if ((await storage.writeAccount(dead, current.version)) !== undefined) throw reauthRequired(account)
      }
    },
    async note(account, error) {
      if (account.error === error) return
      try {
        await storage.writeAccount({ ...account, error, updatedAt: clock.now() }, account.version)
      } catch {
        // The failure that was to be noted is thrown on.
      }
    },
  }
}

function readsFresh(storage: AccountReader): storage is AccountReader & FreshAccountReader {
  return 'readFreshAccount' in storage
}
