import { z } from 'zod'

/** Texts that people or programs name things by. */
export const nameText = z.string().min(1).max(255)
export const idText = z.string().min(1).max(255)
/** An end user, as the caller names one; free text that can stand in a URL and a cursor. */
export const userId = z
  .string()
  .min(1)
  .max(1024)
  .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), 'must hold no control characters')

/** Left out, or null from clients that write every key. */
export function maybe<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined)
}

/** A whole number in a query. */
export function queryInteger(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be ${min} to ${max}`)
}

/** `true`, `false`, and the `1` and `0` of older clients. */
export const queryFlag = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1')

/** Values of a list parameter: repeated, or joined by commas. */
export const queryList = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((text) => text.split(',').filter((part) => part !== '')))

export const httpUrl = z
  .string()
  .max(2048)
  .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), 'must be an http or https URL')

export const isoDate = z.iso.datetime()

const pageInfoSchema = z
  .object({
    total_count: z.int().min(0),
    count: z.int().min(0),
    start_cursor: z.string().nullable(),
    end_cursor: z.string().nullable().describe('null on the last page'),
  })
  .meta({ id: 'PageInfo' })

export const errorSchema = z
  .object({
    error: z.string(),
    code: z.string().describe('also in the header x-proxy-error'),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Error' })

export const appSchema = z
  .object({
    id: z.string(),
    name_slug: z.string(),
    name: z.string(),
    auth_type: z.enum(['oauth', 'keys', 'none']),
    description: z.string(),
    img_src: z.string(),
    custom_fields_json: z.string().describe('JSON: a list of {name, label, description, default, optional, type}'),
    categories: z.array(z.string()),
    featured_weight: z.number(),
    scope_profiles: z.array(z.object({ name: z.string(), scopes: z.array(z.string()) })),
    connect: z.object({
      proxy_enabled: z.boolean(),
      allowed_domains: z.array(z.string()),
      base_proxy_target_url: z.string().nullable(),
    }),
  })
  .meta({ id: 'App' })

export const accountSchema = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    external_id: z.string().describe('the end user'),
    healthy: z.boolean(),
    dead: z.boolean(),
    app: appSchema,
    created_at: isoDate,
    updated_at: isoDate,
    authorized_scopes: z.array(z.string()),
    expires_at: isoDate.nullable(),
    error: z.string().nullable(),
    last_refreshed_at: isoDate.nullable(),
    next_refresh_at: isoDate.nullable(),
    credentials: z.record(z.string(), z.string()).optional().describe('only when asked for'),
  })
  .meta({ id: 'Account' })

export const userSchema = z
  .object({
    id: z.string(),
    external_id: z.string(),
    created_at: isoDate,
    updated_at: isoDate,
  })
  .meta({ id: 'User' })

export const projectSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    app_name: z.string().optional(),
    support_email: z.string().optional(),
    connect_require_key_auth_test: z.boolean(),
  })
  .meta({ id: 'Project' })

export const oauthAppSchema = appSchema
  .extend({
    client_id: z.string(),
    owner_id: z.string(),
    scopes: z.array(z.string()),
    additional_scopes: z.array(z.string()),
    redirect_uri: z.string(),
    created_at: isoDate,
    updated_at: isoDate,
  })
  .meta({ id: 'OAuthApp' })

export function listOf<T extends z.ZodType>(row: T) {
  return z.object({ page_info: pageInfoSchema, data: z.array(row) })
}
