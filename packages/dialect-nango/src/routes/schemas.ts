import { z } from 'zod'
import { type EndUser, plainEndUser } from '../connections/connection-record.js'
import { connectionIdPattern, connectionIdText, integrationKeyPattern, integrationKeyText } from '../names.js'

export const integrationKey = z.string().regex(integrationKeyPattern, { error: integrationKeyText })
export const connectionId = z.string().regex(connectionIdPattern, { error: connectionIdText })

/** What may be left out; callers write null for that too. */
export const absent = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined)

/** `true` and `false`, as a query has them. */
export const queryFlag = z.enum(['true', 'false']).transform((text) => text === 'true')

const plainText = z.string().max(1024)
export const tags = z.record(z.string().max(255), plainText)

export const endUser = z
  .object({
    id: z.string().min(1).max(255),
    email: plainText.nullish(),
    display_name: plainText.nullish(),
    tags: tags.nullish(),
    organization: z.object({ id: plainText, display_name: plainText.nullish() }).nullish(),
  })
  .transform(({ id, email, display_name, tags: own, organization }): EndUser => {
    return {
      ...plainEndUser(id),
      email: email ?? null,
      display_name: display_name ?? null,
      tags: own ?? {},
      organization: organization ? { id: organization.id, display_name: organization.display_name ?? null } : null,
    }
  })

export const jsonObject = z.record(z.string(), z.unknown())
