import { randomBytes } from 'node:crypto'
import { type App, type AppRegistry, type Clock, systemClock } from '@proxy/core'
import type { PipedreamDialectOptions } from '../options.js'

/** What the route files share. */
export interface RouteParts extends PipedreamDialectOptions {
  readonly clock: Clock
  /** `publicUrl` without a slash at its end. */
  readonly baseUrl: string
}

export function routeParts(options: PipedreamDialectOptions): RouteParts {
  return {
    ...options,
    clock: options.clock ?? systemClock(),
    baseUrl: options.publicUrl.replace(/\/+$/, ''),
  }
}

/** By slug, alias or id. */
export function findApp(apps: AppRegistry, name: string): App | undefined {
  return apps.find(name) ?? apps.findById(name)
}

/** A fresh id: the prefix and 16 hex digits. */
export function newId(prefix: 'apn' | 'oa' | 'proj'): string {
  return `${prefix}_${randomBytes(8).toString('hex')}`
}

export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString()
}

/** An object with one member, or with none when there is no value: for JSON that leaves out what it does not know. */
export function present<N extends string, V>(name: N, value: V | undefined): Partial<Record<N, V>> {
  const result: Partial<Record<N, V>> = {}
  if (value !== undefined) result[name] = value
  return result
}
