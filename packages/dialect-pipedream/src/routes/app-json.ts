import type { App } from '@proxy/core'
import type { z } from 'zod'
import type { appSchema } from './schemas.js'

export type AppJson = z.output<typeof appSchema>

const known = new WeakMap<App, AppJson>()

/** An app as the contract shows it; without `auth`, which is nobody's business. */
export function appJson(app: App): AppJson {
  const before = known.get(app)
  if (before !== undefined) return before
  const { definition } = app
  const json: AppJson = {
    id: app.id,
    name_slug: app.slug,
    name: definition.name,
    auth_type: definition.auth_type,
    description: definition.description ?? '',
    img_src: definition.img_src ?? '',
    custom_fields_json: customFieldsJson(app),
    categories: [...(definition.categories ?? [])],
    featured_weight: definition.featured_weight ?? 0,
    scope_profiles: [],
    connect: {
      proxy_enabled: app.proxyEnabled,
      allowed_domains: [...app.hosts.list],
      base_proxy_target_url: definition.connect.base_proxy_target_url ?? null,
    },
  }
  known.set(app, json)
  return json
}

/** An account may outlive its app; then only the slug is known. */
export function missingAppJson(slug: string): AppJson {
  return {
    id: '',
    name_slug: slug,
    name: slug,
    auth_type: 'none',
    description: '',
    img_src: '',
    custom_fields_json: '[]',
    categories: [],
    featured_weight: 0,
    scope_profiles: [],
    connect: { proxy_enabled: false, allowed_domains: [], base_proxy_target_url: null },
  }
}

function customFieldsJson(app: App): string {
  const fields = app.definition.custom_fields ?? []
  return JSON.stringify(
    fields.map(({ name, label, description, default: usual, optional, type }) => ({
      name,
      label: label ?? name,
      description: description ?? null,
      default: usual ?? null,
      optional: optional ?? false,
      type: type ?? 'string',
    })),
  )
}
