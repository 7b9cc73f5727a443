import type { Account, AppRegistry } from '@proxy/core'
import { readExternalId } from '../integrations/external-id.js'
import { isoTime, numericId } from '../routes/route-parts.js'
import { plainEndUser, readConnectionRecord } from './connection-record.js'
import { showConfig, showCredentials } from './connection-values.js'

/** A connection as lists show it: without credentials. `key` is the name under which it was asked for. */
export function connectionRow(account: Account, apps: AppRegistry, key: string | undefined): Record<string, unknown> {
  const record = readConnectionRecord(account)
  const named = readExternalId(account.externalId)
  return {
    id: numericId(account),
    connection_id: named.connectionId,
    provider_config_key: key ?? named.key ?? account.app,
    provider: apps.find(account.app)?.slug ?? account.app,
    created: isoTime(account.createdAt),
    metadata: record.metadata,
    errors: account.dead || account.error !== undefined ? [{ type: 'auth', log_id: '' }] : [],
    end_user: record.end_user === undefined ? plainEndUser(account.externalUserId) : record.end_user,
    tags: record.tags,
  }
}

export interface FullConnectionOptions {
  readonly key: string
  readonly withRefreshToken: boolean
  readonly now: number
}

/** A connection with its credentials: the one place where this dialect answers them. */
export function fullConnection(
  account: Account,
  apps: AppRegistry,
  { key, withRefreshToken, now }: FullConnectionOptions,
): Record<string, unknown> {
  const app = apps.find(account.app)
  const { created: _, ...row } = connectionRow(account, apps, key)
  const { connection_config: otherConfig } = readConnectionRecord(account)
  return {
    ...row,
    connection_config: app === undefined ? otherConfig : showConfig(app, account, otherConfig),
    created_at: isoTime(account.createdAt),
    updated_at: isoTime(account.updatedAt),
    last_fetched_at: isoTime(now),
    credentials: app === undefined ? { type: 'NONE' } : showCredentials(app, account, withRefreshToken),
  }
}
