import { createHash } from 'node:crypto'
import type { AppDefinition } from './app-definition.js'

/** The definition's own id, or one that is stable over restarts, so that stored ids stay true. */
export function appId({ id, name_slug: slug }: Pick<AppDefinition, 'id' | 'name_slug'>): string {
  return id ?? `app_${createHash('sha256').update(slug).digest('hex').slice(0, 16)}`
}
