import type { Account, CredentialValues } from '../account.js'
import type { App } from '../app.js'
import type { Refresher } from '../refresher.js'
import type { Secret } from '../secret.js'

/** The values to inject, valid at this moment: renewed first when they are about to end. */
export function freshCredential(
  account: Account,
  app: App,
  refresher: Refresher | undefined,
): Secret<CredentialValues> | Promise<Secret<CredentialValues>> {
  if (refresher === undefined || !refresher.isDue(account, app)) return account.values
  return refresher.refresh(account, app).then((fresh) => fresh.values)
}

/** New values after the upstream refused the ones that looked alive; undefined when there are none to be had. */
export async function renewedCredential(
  account: Account,
  app: App,
  refresher: Refresher | undefined,
): Promise<Secret<CredentialValues> | undefined> {
  if (refresher === undefined || app.renewal === undefined) return undefined
  const renewed = await refresher.renewRefused(account, app)
  return renewed.values === account.values ? undefined : renewed.values
}
