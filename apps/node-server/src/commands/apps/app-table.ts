import { catalogProvenance } from '@proxy/catalog'
import type { ListedApp } from '@proxy/core'
import { table } from '../table.js'

/** Apps for people, or as JSON lines. */
export function appTable(apps: readonly ListedApp[], asJson: boolean): string {
  const rows = apps.map(row)
  if (asJson) return rows.map((one) => JSON.stringify(one)).join('\n')
  const head = ['SLUG', 'NAME', 'AUTH', 'CATEGORIES', 'FROM']
  return table(
    head,
    rows.map(({ slug, name, auth_type, categories, from }) => [slug, name, auth_type, categories.join(', '), from]),
  )
}

function row({ slug, definition, isFromCatalog }: ListedApp) {
  const { name, auth_type, categories = [] } = definition
  const level = catalogProvenance().get(slug)?.level
  const from = isFromCatalog ? `catalogue (${level ?? 'unknown'})` : 'configuration'
  return { slug, name, auth_type, categories, from }
}
