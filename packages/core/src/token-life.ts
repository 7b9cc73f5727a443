import type { Account } from './account.js'
import type { App } from './app.js'
import { holdsToken, isRenewable } from './renewed-account.js'

/** Milliseconds before its end at which a token is renewed, unless the host says otherwise. */
export const defaultMarginMs = 60_000
/** A token that lives for less than four margins is renewed in the last quarter of its life. */
const lastPart = 1 / 4

/** When the account's token is renewed next, in epoch milliseconds; undefined when it is not. */
export function nextRefreshAt(account: Account, app: App, marginMs = defaultMarginMs): number | undefined {
  const { expiresAt } = account
  if (expiresAt === undefined || !isRenewable(account, app)) return undefined
  return expiresAt - marginOf(account, expiresAt, marginMs)
}

/** True when the token is to be renewed before it is used: it ends soon, has ended, or was never made. */
export function isTokenDue(account: Account, app: App, marginMs: number, now: number): boolean {
  if (app.renewal === undefined) return false
  const { expiresAt } = account
  if (expiresAt === undefined || expiresAt - marginOf(account, expiresAt, marginMs) > now) {
    return !holdsToken(account, app)
  }
  return expiresAt <= now || isRenewable(account, app) || !holdsToken(account, app)
}

/** True when there is a token that, as far as anybody knows, the vendor takes. */
export function isTokenAlive(account: Account, app: App, now: number): boolean {
  return holdsToken(account, app) && (account.expiresAt === undefined || account.expiresAt > now)
}

function marginOf({ lastRefreshedAt }: Account, expiresAt: number, marginMs: number): number {
  if (lastRefreshedAt === undefined) return marginMs
  return Math.min(marginMs, Math.max(0, expiresAt - lastRefreshedAt) * lastPart)
}
