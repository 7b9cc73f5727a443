import type { Account } from '@proxy/core'
import { z } from 'zod'

const endUserSchema = z.object({
  id: z.string(),
  email: z.string().nullable(),
  display_name: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  organization: z.object({ id: z.string(), display_name: z.string().nullable() }).nullable(),
})

const recordSchema = z.object({
  metadata: z.record(z.string(), z.unknown()).nullable().catch(null),
  tags: z.record(z.string(), z.string()).catch({}),
  /** Undefined for an account that was made in another way; null when it was made without. */
  end_user: endUserSchema.nullish().catch(undefined),
  connection_config: z.record(z.string(), z.unknown()).catch({}),
})

/** What a connection has besides what every account has: kept in the account's metadata. */
export type ConnectionRecord = z.output<typeof recordSchema>
export type EndUser = z.output<typeof endUserSchema>

export function readConnectionRecord(account: Account): ConnectionRecord {
  return recordSchema.parse(account.metadata)
}

/** Keeps what others may have put into the account's metadata. */
export function withConnectionRecord(account: Account, over: Partial<ConnectionRecord>): Account['metadata'] {
  return { ...account.metadata, ...readConnectionRecord(account), ...over }
}

/** An end user who is known by id alone. */
export function plainEndUser(id: string): EndUser {
  return { id, email: null, display_name: null, tags: {}, organization: null }
}
