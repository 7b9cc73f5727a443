import type { Account } from '../account.js'
import type { App } from '../app.js'
import type { Refresher } from '../refresher.js'
import { haveSameTokens } from '../renewed-account.js'

/** The account with values that are valid at this moment: renewed first when they are about to end. */
export function freshCredential(
  account: Account,
  app: App,
  refresher: Refresher | undefined,
): Account | Promise<Account> {
  if (refresher === undefined || !refresher.isDue(account, app)) return account
  return refresher.refresh(account, app)
}

/** The account with other values after the upstream refused these, which looked alive; undefined when there are none. */
export async function renewedCredential(
  account: Account,
  app: App,
  refresher: Refresher | undefined,
): Promise<Account | undefined> {
  if (refresher === undefined || app.renewal === undefined) return undefined
  const renewed = await refresher.renewRefused(account, app)
  return haveSameTokens(renewed, account) ? undefined : renewed
}
