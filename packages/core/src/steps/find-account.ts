import type { Account, Environment, Scope } from '../account.js'
import { isHostAllowed } from '../account-base.js'
import type { App, AppRegistry } from '../app.js'
import { ProxyError, toStoreError } from '../errors.js'
import type { Found } from '../found.js'
import type { AppNames } from '../ports/app-names.js'
import type { Caller } from '../ports/authenticator.js'
import type { AccountSelector, ProxyCall } from '../ports/dialect.js'
import type { AccountQuery, Storage } from '../ports/storage.js'
import { isFullUrl, parseTarget, type Target } from '../target.js'

/**
 * The account that the call names, and its app. Unknown and not yours are the same `record_not_found`, from the same
 * single read, so that neither bytes nor time tell them apart. A name that no app has is `app_not_found`.
 */
export function findAccount(
  call: ProxyCall,
  caller: Caller,
  storage: Storage,
  apps: AppRegistry,
  names?: AppNames,
): Found | Promise<Found> {
  const scope = scopeOf(call, caller)
  // A store in memory answers at once, and then the call does not wait.
  const account = select(call, call.account, scope, caller, storage, apps, names)
  return account instanceof Promise ? account.then((read) => usable(read, apps)) : usable(account, apps)
}

function usable(account: Account | undefined, apps: AppRegistry): Found {
  const app = account === undefined ? undefined : apps.find(account.app)
  if (account === undefined || app === undefined) throw notFound()
  if (!app.proxyEnabled) throw new ProxyError('invalid_request', `The app ${app.slug} is not enabled for the proxy.`)
  if (account.dead) {
    throw new ProxyError('account_reauth_required', `The account ${account.id} has to be connected again.`, {
      details: { account_id: account.id },
    })
  }
  return { account, app }
}

/** Where the caller may look. A project or environment that is not the caller's own has nothing in it. */
function scopeOf(call: ProxyCall, caller: Caller): Scope {
  const environment: Environment = call.environment ?? caller.environment ?? 'production'
  const project = call.project ?? caller.project
  if (project !== caller.project || (caller.environment !== undefined && environment !== caller.environment)) {
    throw notFound()
  }
  return { project, environment }
}

function select(
  call: ProxyCall,
  selector: AccountSelector,
  scope: Scope,
  caller: Caller,
  storage: Storage,
  apps: AppRegistry,
  names: AppNames | undefined,
): Account | undefined | Promise<Account | undefined> {
  switch (selector.by) {
    case 'id': {
      const { id, externalUserId } = selector
      const account = storage.readAccount(scope, id)
      return account instanceof Promise
        ? known(account).then((read) => ifTheirs(read, externalUserId, caller))
        : ifTheirs(account, externalUserId, caller)
    }
    case 'external-id':
      return byExternalId(selector.app, selector.externalId, scope, caller, storage, apps, names)
    case 'user': {
      const externalUserId = selector.externalUserId ?? caller.externalUserId
      if (externalUserId === undefined) return undefined
      if (caller.externalUserId !== undefined && caller.externalUserId !== externalUserId) return undefined
      return onlyFitting(call, externalUserId, scope, storage, apps)
    }
  }
}

async function byExternalId(
  app: string,
  externalId: string,
  scope: Scope,
  caller: Caller,
  storage: Storage,
  apps: AppRegistry,
  names: AppNames | undefined,
): Promise<Account | undefined> {
  const slug = apps.find(app)?.slug
  const named = slug === undefined ? await names?.find(app, scope) : { app: slug, externalIdPrefix: '' }
  if (named === undefined) throw new ProxyError('app_not_found', `There is no app ${app}.`)
  const account = await known(storage.readAccountByExternalId(scope, named.app, named.externalIdPrefix + externalId))
  return ifTheirs(account, account?.externalUserId, caller)
}

/** What a store says; rejects with `credential_store_unavailable` when it cannot say anything. */
function known<T>(read: Promise<T>): Promise<T> {
  return read.catch((error: unknown) => {
    throw toStoreError(error)
  })
}

function ifTheirs(account: Account | undefined, named: string | undefined, caller: Caller): Account | undefined {
  return account !== undefined && isTheirs(account, named, caller) ? account : undefined
}

function isTheirs(account: Account, named: string | undefined, caller: Caller): boolean {
  return (
    account.externalUserId === (named ?? caller.externalUserId) &&
    (caller.externalUserId === undefined || caller.externalUserId === account.externalUserId)
  )
}

const rowsAtOnce = 100
/** In `account_ambiguous`. */
const namedAtMost = 100

/** The one account of the user that takes this target, a living one before dead ones; `account_ambiguous` names several. */
async function onlyFitting(
  call: ProxyCall,
  externalUserId: string,
  scope: Scope,
  storage: Storage,
  apps: AppRegistry,
): Promise<Account | undefined> {
  const full = isFullUrl(call.target) ? parseTarget(call.target) : undefined
  const living: Account[] = []
  const dead: Account[] = []
  let query: AccountQuery = { scope, externalUserId, limit: rowsAtOnce }
  for (;;) {
    const { rows, hasMore } = await known(storage.listAccounts(query))
    for (const account of rows) {
      if (fits(account, full, apps)) (account.dead ? dead : living).push(account)
    }
    const last = rows.at(-1)
    if (!hasMore || last === undefined || living.length >= namedAtMost) break
    query = { ...query, after: last.id }
  }
  const fitting = living.length > 0 ? living : dead
  if (fitting.length > 1) {
    throw new ProxyError('account_ambiguous', 'Several accounts of this user fit the target; name one by account_id.', {
      details: { account_ids: fitting.slice(0, namedAtMost).map((account) => account.id) },
    })
  }
  return fitting[0]
}

/** A path fits every account whose app has a base; a full URL those that may call its host. */
function fits(account: Account, full: Target | undefined, apps: AppRegistry): boolean {
  const app = apps.find(account.app)
  if (app === undefined) return false
  return full === undefined ? app.base.kind !== 'none' : takes(full, app, account)
}

function takes(target: Target, app: App, account: Account): boolean {
  if (app.unwrap?.origin === target.origin) return true
  try {
    return isHostAllowed(target, app, account)
  } catch (error) {
    // A custom field of this account does not make a host; that is no reason to refuse another account.
    if (error instanceof ProxyError) return false
    throw error
  }
}

function notFound(): ProxyError {
  return new ProxyError('record_not_found', 'No such record.')
}
