import { type Account, type AppRegistry, isoTimeOf, nextRefreshAt } from '@proxy/core'
import type { z } from 'zod'
import { appJson, missingAppJson } from './app-json.js'
import { isoTime } from './route-parts.js'
import type { accountSchema } from './schemas.js'

export type AccountJson = z.output<typeof accountSchema>

/** An account as the contract shows it; its credentials only when `withCredentials`. */
export function accountJson(account: Account, apps: AppRegistry, withCredentials: boolean): AccountJson {
  const app = apps.find(account.app)
  const when = (time: number | undefined) => isoTimeOf(time) ?? null
  return {
    id: account.id,
    name: account.name ?? null,
    external_id: account.externalUserId,
    healthy: !account.dead && account.error === undefined,
    dead: account.dead,
    app: app === undefined ? missingAppJson(account.app) : appJson(app),
    created_at: isoTime(account.createdAt),
    updated_at: isoTime(account.updatedAt),
    authorized_scopes: [...account.authorizedScopes],
    expires_at: when(account.expiresAt),
    error: account.error ?? null,
    last_refreshed_at: when(account.lastRefreshedAt),
    next_refresh_at: when(app === undefined ? undefined : nextRefreshAt(account, app)),
    ...(withCredentials ? { credentials: revealCredentials(account) } : undefined),
  }
}

/** The one place where a stored credential is answered to a caller; see `mayReadCredentials`. */
function revealCredentials(account: Account): Record<string, string> {
  const { customFields, credentials } = account.values.reveal()
  return Object.fromEntries([...Object.entries(customFields), ...Object.entries(credentials)])
}
