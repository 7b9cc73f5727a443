import type { Account } from '../account.js'
import { accountBase, isHostAllowed } from '../account-base.js'
import type { App } from '../app.js'
import { ProxyError } from '../errors.js'
import type { ProxyCall } from '../ports/dialect.js'
import { appendQuery, hasDotSegment, isFullUrl, joinTarget, parseTarget, type Target } from '../target.js'

/** Where the call goes: its full URL, or its path below the base, with the call's further query behind. */
export function resolveTarget(call: ProxyCall, app: App, account: Account): Target {
  if (!isFullUrl(call.target)) return appendQuery(joinTarget(requireBase(call, app, account), call.target), call.query)
  if (call.takesFullUrls === true) return appendQuery(belowBase(parseTarget(call.target), app, account), call.query)
  if (app.base.kind === 'template') {
    throw new ProxyError(
      'relative_path_required',
      `The base URL of ${app.slug} depends on the account, so the target must be a relative path such as /v1/items.`,
    )
  }
  return appendQuery(parseTarget(call.target), call.query)
}

/** Below the account's base, at the border of a segment, the target is held to it: dots cannot climb out of its path. */
function belowBase(target: Target, app: App, account: Account): Target {
  const base = hasDotSegment(target.path) ? accountBase(app, account) : undefined
  if (base === undefined || base.origin !== target.origin) return target
  const prefix = base.path.endsWith('/') ? base.path.slice(0, -1) : base.path
  return target.path.startsWith(`${prefix}/`) ? joinTarget(base, target.path.slice(prefix.length)) : target
}

function requireBase(call: ProxyCall, app: App, account: Account): Target {
  const base = call.baseUrl === undefined ? accountBase(app, account) : givenBase(call.baseUrl, app, account)
  if (base !== undefined) return base
  throw new ProxyError('base_url_missing', `The app ${app.slug} has no base URL, so the target must be a full URL.`)
}

/** The caller's base in place of the app's: the same hosts, and no way out of its path. */
function givenBase(baseUrl: string, app: App, account: Account): Target {
  const base = parseTarget(baseUrl)
  if (base.path.includes('?') || hasDotSegment(base.path)) {
    throw new ProxyError('invalid_url', 'A base URL must have neither query nor . and .. in its path.')
  }
  if (!isHostAllowed(base, app, account)) {
    throw new ProxyError('domain_not_allowed', 'domain not allowed for this app')
  }
  return base
}
