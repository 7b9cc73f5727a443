import { type Account, isoTimeOf, type Sealer, Secret } from '@proxy/core'
import { z } from 'zod'

/** Epoch milliseconds, written as ISO 8601 or epoch seconds. */
const time = z
  .union([z.iso.datetime({ offset: true }), z.number().int().min(0).max(100_000_000_000)], {
    error: 'must be a time such as 2026-01-01T00:00:00Z, or epoch seconds',
  })
  .transform((value) => (typeof value === 'string' ? Date.parse(value) : value * 1_000))
const text = z.string({ error: 'must be a text' }).min(1, { error: 'must not be empty' }).max(1_024)
const value = z.union([z.string(), z.number(), z.boolean()], { error: 'must be a text, a number or true or false' })
const values = z.record(z.string(), value.transform(String), { error: 'must be an object' })

/** One account of an export, as a line of JSON. `sealed` stands in place of `custom_fields` and `credentials`. */
export const accountLineSchema = z.strictObject(
  {
    project: text.optional(),
    environment: z.enum(['development', 'production'], { error: 'must be development or production' }).optional(),
    id: z
      .string()
      .regex(/^apn_[A-Za-z0-9]{1,64}$/, { error: 'must be apn_ and 1 to 64 letters and digits' })
      .optional(),
    external_user_id: text,
    external_id: text.optional(),
    app: text,
    name: z.string().max(255).optional(),
    custom_fields: values.optional(),
    credentials: values.optional(),
    sealed: z.string().optional(),
    oauth_app_id: text.optional(),
    authorized_scopes: z.array(z.string()).optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
    expires_at: time.optional(),
    created_at: time.optional(),
    updated_at: time.optional(),
    last_refreshed_at: time.optional(),
    dead: z.boolean().optional(),
    error: z.string().optional(),
  },
  { error: 'must be a JSON object' },
)

export type AccountLine = z.output<typeof accountLineSchema>

const sealedSchema = z.object({ custom_fields: values, credentials: values })

/** What a line keeps sealed. */
export type LineValues = z.output<typeof sealedSchema>

/** The values of a line that was sealed by `accountToLine`. Throws a `SealError`. */
export function openLine(sealed: string, account: Identity, sealer: Sealer): LineValues {
  return sealedSchema.parse(JSON.parse(sealer.open(sealed, contextOf(account)).toString()))
}

/** An account as a line, which `accountLineSchema` reads; in plain without a sealer. */
export function accountToLine(account: Account, sealer: Sealer | undefined): string {
  const { customFields, credentials } = account.values.reveal()
  const secrets = { custom_fields: customFields, credentials }
  return JSON.stringify({
    project: account.project,
    environment: account.environment,
    id: account.id,
    external_user_id: account.externalUserId,
    external_id: account.externalId,
    app: account.app,
    name: account.name,
    ...(sealer === undefined ? secrets : { sealed: sealer.seal(JSON.stringify(secrets), contextOf(account)) }),
    oauth_app_id: account.oauthAppId,
    authorized_scopes: account.authorizedScopes,
    metadata: account.metadata,
    expires_at: isoTimeOf(account.expiresAt),
    created_at: isoTimeOf(account.createdAt),
    updated_at: isoTimeOf(account.updatedAt),
    last_refreshed_at: isoTimeOf(account.lastRefreshedAt),
    dead: account.dead,
    error: account.error,
  })
}

export interface Identity {
  readonly project: string
  readonly environment: string
  readonly id: string
}

/** A line opens as the account that it names, and as no other one. */
function contextOf({ project, environment, id }: Identity): readonly string[] {
  return ['account-export', project, environment, id]
}

/** The account that a line stands for, with `values` as its secrets. */
export function lineToAccount(
  line: AccountLine,
  identity: Pick<Account, 'project' | 'environment' | 'id'>,
  secrets: LineValues,
  now: number,
): Account {
  const { expires_at: grantEnd, ...credentials } = secrets.credentials
  return {
    ...identity,
    version: 0,
    externalUserId: line.external_user_id,
    app: line.app,
    externalId: line.external_id ?? identity.id,
    name: line.name,
    values: new Secret({ customFields: secrets.custom_fields, credentials }),
    oauthAppId: line.oauth_app_id,
    authorizedScopes: line.authorized_scopes ?? [],
    metadata: line.metadata ?? {},
    createdAt: line.created_at ?? now,
    updatedAt: line.updated_at ?? now,
    expiresAt: line.expires_at ?? endOf(grantEnd),
    lastRefreshedAt: line.last_refreshed_at,
    dead: line.dead ?? false,
    error: line.error,
  }
}

/** Grants made elsewhere often say among their tokens when they end: ISO 8601, or epoch seconds. */
function endOf(text: string | undefined): number | undefined {
  const end = time.safeParse(text !== undefined && /^\d+$/.test(text) ? Number(text) : text)
  return end.success ? end.data : undefined
}
