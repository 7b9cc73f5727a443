import { z } from 'zod'

const text = z.string().min(1)
const duration = z.union([z.int().min(1), z.string().regex(/^[1-9]\d{0,8}[smhd]$/)])

const customField = z.strictObject({
  name: z.string().describe('used in templates as {{custom_fields.name}}'),
  label: z.string().optional(),
  description: z.string().optional(),
  default: z.string().optional(),
  optional: z.boolean().optional(),
  type: z.enum(['string', 'password']).optional().describe('password marks a secret'),
  format: z.enum(['host-label', 'host', 'url', 'integer', 'uuid']).optional(),
  pattern: z.string().optional(),
})

const connect = z.strictObject({
  proxy_enabled: z.boolean().optional(),
  base_proxy_target_url: text.optional().describe('where a relative path goes: https://host[/prefix]'),
  allowed_domains: z.array(text).optional().describe('exact hosts, *.host, host:port'),
  allow_http: z.boolean().optional(),
  allowed_ports: z.array(z.int().min(1).max(65_535)).optional(),
})

/** An app definition as editors show it. What it means is checked by the engine when the file is loaded. */
export const appSchema = z.strictObject({
  name_slug: z.string().regex(/^[a-z0-9_][a-z0-9_-]{0,99}$/),
  name: text,
  id: z
    .string()
    .regex(/^app_[A-Za-z0-9]{1,64}$/)
    .optional(),
  description: z.string().optional(),
  img_src: z.string().optional(),
  categories: z.array(text).optional(),
  featured_weight: z.number().optional(),
  aliases: z.array(text).optional(),
  auth_type: z.enum(['oauth', 'keys', 'none']),
  custom_fields: z.array(customField).optional(),
  connect,
  auth: z
    .array(z.looseObject({ kind: text.describe('header, query, basic, bearer, none, …') }))
    .optional()
    .describe('how the credential is placed'),
  headers: z.record(z.string(), z.string()).optional().describe('sent unless the caller sets the same name'),
  oauth: z
    .looseObject({
      authorize_url: text.optional(),
      token_url: text.optional(),
      refresh_url: text.optional(),
      revoke_url: text.optional(),
      client_auth: z.enum(['basic', 'post', 'private_key_jwt', 'none']).optional(),
      pkce: z.boolean().optional(),
      scopes: z.array(text).optional(),
      scope_separator: z.string().optional(),
    })
    .optional(),
  retry: z
    .strictObject({
      after: z.union([text, z.array(text)]).optional(),
      remaining: text.optional(),
      at: z.union([text, z.array(text)]).optional(),
      error_code: z.array(text).optional(),
      attempts: z.int().min(0).max(10).optional(),
    })
    .optional(),
  limits: z.strictObject({ requests: z.int().min(1), window: duration }).optional(),
  redirects: z.enum(['follow', 'manual', 'error']).optional(),
  relay_set_cookie: z.boolean().optional(),
  encode_json_as_form: z.boolean().optional(),
  health: z.strictObject({ path: text, method: z.enum(['GET', 'HEAD', 'POST']).optional() }).optional(),
  idempotency_header: text.optional().describe('by which the vendor knows a write that it has seen before'),
  docs: z.string().optional(),
})
