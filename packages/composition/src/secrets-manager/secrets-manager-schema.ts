import { secretNames, secretShape } from '@proxy/storage-aws-secrets-manager/settings'
import { z } from 'zod'
import { awsEndpoint, awsRegion } from '../config/aws.js'
import { duration, flag } from '../config/units.js'

const secondMs = 1_000
const dayMs = 24 * 3_600 * secondMs

const text = (message: string) => z.string({ error: message }).min(1, { error: message })

/** JSON pointers by field. */
const places = z.record(z.string(), z.string({ error: 'must be a JSON pointer such as /api/key' }))

const existingSecret = z
  .strictObject({
    project: text('must be the id of a project'),
    environment: z.enum(['development', 'production'], { error: 'must be development or production' }),
    account: text('must be the id of an account'),
    secret: text('must be the name or ARN of a secret'),
    custom_fields: places.optional().describe('JSON pointers into the secret by field'),
    credentials: places.optional().describe('JSON pointers into the secret by field'),
    write_back: flag().prefault(false).describe('lets refreshed tokens be written into the secret'),
  })
  .transform(({ custom_fields: customFields, write_back: writeBack, credentials, ...rest }) => ({
    ...rest,
    writeBack,
    ...(customFields !== undefined && { customFields }),
    ...(credentials !== undefined && { credentials }),
  }))
  .superRefine((value, context) => {
    const message = messageOf(() => secretShape(value))
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

/** Where credentials are, and how they are named, remembered and deleted. */
export const secretsManagerFields = {
  kind: z.literal('aws-secrets-manager'),
  region: awsRegion.optional(),
  endpoint: awsEndpoint.optional(),
  namePattern: z
    .string()
    .default('api-proxy/{project}/{environment}/{account}')
    .superRefine((value, context) => {
      const message = messageOf(() => secretNames(value))
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
    .describe('names new secrets'),
  tags: z
    .record(z.string(), z.string({ error: 'must be a text' }))
    .default({})
    .describe('of new secrets'),
  kmsKeyId: text('must be the id, ARN or alias of a KMS key').optional().describe('encrypts new secrets'),
  recoveryWindow: duration(7 * dayMs, 30 * dayMs)
    .refine((value) => value % dayMs === 0, { error: 'must be whole days' })
    .prefault('30d')
    .describe("until a deleted account's secret is gone"),
  timeout: duration(100, 30 * secondMs)
    .prefault('2s')
    .describe('for a call with all its tries'),
  cacheFor: duration(secondMs, dayMs)
    .prefault('5m')
    .describe('how long a credential is used without asking Secrets Manager'),
  staleFor: duration(0, dayMs).prefault('1h').describe('how much longer while Secrets Manager fails'),
  existing: z.array(existingSecret).default([]).describe('accounts whose credential is in a secret of your own'),
} as const

function messageOf(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'cannot be used'
  }
}
