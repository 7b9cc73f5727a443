import { z } from 'zod'

/** A text, also where the file has a number or a boolean in its place. */
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const texts = z.record(z.string(), z.unknown()).catch({})
const flag = z.union([z.boolean(), z.string()]).transform((value) => value === true || value === 'true')
const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat())

const fieldSchema = z.looseObject({
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  default_value: text.optional().catch(undefined),
  optional: flag.catch(false).default(false),
  automated: flag.catch(false).default(false),
  secret: flag.catch(false).default(false),
})

export type ProviderField = z.output<typeof fieldSchema>

const retrySchema = z.looseObject({
  after: oneOrMore.optional(),
  at: oneOrMore.optional(),
  remaining: z.string().optional(),
  error_code: z.array(text).optional(),
  in_body: z.unknown().optional(),
})

/** What is read of one entry of a provider file; everything else in it is not asked for. */
export const entrySchema = z.looseObject({
  display_name: z.string().optional(),
  auth_mode: z.string().optional(),
  docs: z.string().optional().catch(undefined),
  categories: z.array(z.string()).optional().catch(undefined),
  authorization_url: z.string().optional(),
  authorization_params: texts.optional(),
  authorization_method: z.string().optional(),
  token_url: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
  token_params: texts.optional(),
  token_headers: texts.optional(),
  token_request_auth_method: z.string().optional(),
  token_request_method: z.string().optional(),
  token_response: z
    .looseObject({
      token: z.string(),
      token_expiration: z.string().optional(),
      token_expiration_strategy: z.string().optional(),
    })
    .optional(),
  token_response_headers: z.array(z.string()).optional(),
  token_expires_in_ms: z.number().optional(),
  alternate_access_token_response_path: z.string().optional(),
  expires_in_unit: z.string().optional(),
  refresh_url: z.string().optional(),
  body_format: z.string().optional(),
  default_scopes: z.array(z.string()).optional().catch(undefined),
  scope_separator: z.string().optional(),
  disable_pkce: z.boolean().optional(),
  signature_method: z.string().optional(),
  signature: z.looseObject({ protocol: z.string() }).optional(),
  token: z.unknown().optional(),
  assertion: z.unknown().optional(),
  additional_steps: z.array(z.unknown()).optional(),
  require_client_certificate: z.boolean().optional(),
  credentials: z.record(z.string(), z.unknown()).optional().catch(undefined),
  connection_config: z.record(z.string(), z.unknown()).optional().catch(undefined),
  proxy: z
    .looseObject({
      base_url: z.string().optional(),
      headers: texts.optional(),
      query: texts.optional(),
      body: texts.optional(),
      retry: retrySchema.optional(),
      verification: z
        .looseObject({ method: z.string().optional(), endpoints: z.array(z.string()).optional() })
        .optional()
        .catch(undefined),
    })
    .optional(),
})

export type ProviderEntry = z.output<typeof entrySchema>

/** A JWT that the app signs. */
export const tokenSchema = z.looseObject({
  signing_key: z.string(),
  expires_in_ms: z.number(),
  header: texts,
  payload: texts,
})

/** A JWT by which the app proves itself to a token endpoint. */
export const assertionSchema = z.looseObject({
  type: z.string(),
  key: z.string(),
  header: texts,
  payload: texts,
})

/** The members of `credentials` or `connection_config`, by name. */
export function readFields(section: Readonly<Record<string, unknown>> | undefined): ReadonlyMap<string, ProviderField> {
  const fields = new Map<string, ProviderField>()
  for (const [name, value] of Object.entries(section ?? {})) {
    const parsed = fieldSchema.safeParse(value)
    if (parsed.success) fields.set(name, parsed.data)
  }
  return fields
}
