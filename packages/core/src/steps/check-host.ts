import type { Account } from '../account.js'
import { isHostAllowed } from '../account-base.js'
import type { App } from '../app.js'
import { ProxyError } from '../errors.js'
import type { Target } from '../target.js'

/** Refuses a host that may not get the app's credential of this account. */
export function checkHost(target: Target, app: App, account: Account): void {
  if (!allowsTarget(target, app, account)) {
    throw new ProxyError('domain_not_allowed', 'domain not allowed for this app')
  }
}

/** True for the app's allowed domains, and for the hosts that the account's own fields make. */
export function allowsTarget(target: Target, app: App, account: Account): boolean {
  return isHostAllowed(target, app, account)
}
