import { createHash } from 'node:crypto'
import { type Account, type App, type Clock, type Scope, systemClock } from '@proxy/core'
import { externalIdPrefix } from '../integrations/external-id.js'
import type { Integration } from '../integrations/integrations.js'
import type { NangoDialectOptions } from '../options.js'
import { missing } from './route.js'

/** What the route files share. */
export interface RouteParts extends NangoDialectOptions {
  readonly clock: Clock
}

export function routeParts(options: NangoDialectOptions): RouteParts {
  return { ...options, clock: options.clock ?? systemClock() }
}

/** An integration key, and the app behind it. */
export interface FoundIntegration {
  readonly key: string
  readonly app: App
  /** Stands before the external ids of its accounts. */
  readonly prefix: string
  /** What a caller stored of it; undefined for an app that nobody touched. */
  readonly stored: Integration | undefined
}

/** Undefined when the key is neither an app's name nor one that was made, or when its app is gone. */
export async function findIntegration(
  parts: Pick<RouteParts, 'apps' | 'integrations'>,
  scope: Scope,
  key: string,
): Promise<FoundIntegration | undefined> {
  const stored = await parts.integrations.read(scope, key)
  const own = parts.apps.find(key)
  if (own !== undefined) return { key, app: own, prefix: '', stored }
  const app = stored === undefined ? undefined : parts.apps.find(stored.app)
  return app === undefined ? undefined : { key, app, prefix: externalIdPrefix(key), stored }
}

export async function requireIntegration(parts: RouteParts, scope: Scope, key: string): Promise<FoundIntegration> {
  const found = await findIntegration(parts, scope, key)
  if (found === undefined) throw missing('unknown_provider_config', `There is no integration ${key}.`)
  return found
}

export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString()
}

/** A number for what has a text as id: the same on every instance. */
export function numericId(account: Account): number {
  const tuple = JSON.stringify([account.project, account.environment, account.id])
  return Number.parseInt(createHash('sha256').update(tuple).digest('hex').slice(0, 12), 16)
}
