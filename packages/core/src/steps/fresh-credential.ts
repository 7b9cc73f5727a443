import type { Account, CredentialValues } from '../account.js'
import type { App } from '../app.js'
import type { Secret } from '../secret.js'

/** The values to inject, valid at this moment. */
export function freshCredential(account: Account, _app: App): Secret<CredentialValues> {
  return account.values
}
