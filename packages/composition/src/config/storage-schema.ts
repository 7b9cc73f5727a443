import { z } from 'zod'
import { redisStorageSchema } from '../redis/redis-schema.js'
import { secretsManagerFields } from '../secrets-manager/secrets-manager-schema.js'
import { flag } from './units.js'

const memorySchema = z.strictObject({
  kind: z.literal('memory'),
  file: z
    .string({ error: 'must be the path of a file' })
    .min(1, { error: 'must be the path of a file' })
    .optional()
    .describe('keeps everything over restarts, sealed'),
  plaintext: flag().prefault(false).describe('lets the file hold credentials unsealed'),
})

const recordsSchema = z
  .discriminatedUnion('kind', [memorySchema, redisStorageSchema], { error: 'kind must be memory or redis' })
  .prefault({ kind: 'memory' })
  .describe('where everything but the credentials is')

const secretsManagerSchema = z.strictObject({ ...secretsManagerFields, records: recordsSchema })

export const storageSchema = z.discriminatedUnion('kind', [memorySchema, redisStorageSchema, secretsManagerSchema], {
  error: 'kind must be memory, redis or aws-secrets-manager',
})

export type StorageConfig = z.output<typeof storageSchema>
export type SecretsManagerConfig = z.output<typeof secretsManagerSchema>
export type RecordsConfig = z.output<typeof recordsSchema>
