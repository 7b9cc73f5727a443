import type { AppDefinition, AppSummary } from '@proxy/core'
import type { z } from 'zod'
import type { appSchema } from './schemas.js'

export type AppJson = z.output<typeof appSchema>

const known = new WeakMap<AppDefinition, AppJson>()

/** An app as the contract shows it; without `auth`, which is nobody's business. */
export function appJson({ definition, id, slug }: AppSummary): AppJson {
  const before = known.get(definition)
  if (before !== undefined) return before
  const { connect } = definition
  const json: AppJson = {
    id,
    name_slug: slug,
    name: definition.name,
    auth_type: definition.auth_type,
    description: definition.description ?? '',
    img_src: definition.img_src ?? '',
    custom_fields_json: customFieldsJson(definition),
    categories: [...(definition.categories ?? [])],
    featured_weight: definition.featured_weight ?? 0,
    scope_profiles: [],
    connect: {
      proxy_enabled: connect.proxy_enabled !== false,
      allowed_domains: [...(connect.allowed_domains ?? [])],
      base_proxy_target_url: connect.base_proxy_target_url ?? null,
    },
  }
  known.set(definition, json)
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

function customFieldsJson({ custom_fields = [] }: AppDefinition): string {
  return JSON.stringify(
    custom_fields.map(({ name, label, description, default: usual, optional, type }) => ({
      name,
      label: label ?? name,
      description: description ?? null,
      default: usual ?? null,
      optional: optional ?? false,
      type: type ?? 'string',
    })),
  )
}
