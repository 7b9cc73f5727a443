import type { Account } from './account.js'
import type { App } from './app.js'
import { publicFields } from './auth/public-fields.js'
import { ProxyError } from './errors.js'
import type { Target } from './target.js'

const remembered = new WeakMap<Account, { readonly app: App; readonly base: Target }>()

/**
 * Where an account's relative paths go; undefined when the app has no base. Its host is allowed for this account alone.
 * Throws `account_config_invalid` naming the custom field that does not fit.
 */
export function accountBase(app: App, account: Account): Target | undefined {
  if (app.base.kind === 'none') return undefined
  if (app.base.kind === 'fixed') return app.base.target
  const known = remembered.get(account)
  if (known !== undefined && known.app === app) return known.base
  const base = app.base.resolve(publicFields(account, app))
  remembered.set(account, { app, base })
  return base
}

/** Whether the app's credential of this account may go to the target's host. */
export function isHostAllowed(target: Target, app: App, account: Account): boolean {
  if (app.hosts.allows(target)) return true
  if (app.base.kind === 'template' && accountBase(app, account)?.origin === target.origin) return true
  if (app.accountHosts.length === 0) return false
  const fields = publicFields(account, app)
  return app.accountHosts.some((resolve) => originOf(resolve, fields) === target.origin)
}

/** A host whose fields the account lacks, or has wrong, is simply not there. */
function originOf(resolve: App['accountHosts'][number], fields: Readonly<Record<string, string>>): string | undefined {
  try {
    return resolve(fields).origin
  } catch (error) {
    if (error instanceof ProxyError) return undefined
    throw error
  }
}
