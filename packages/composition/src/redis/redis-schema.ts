import { z } from 'zod'
import { duration, flag, wholeNumber } from '../config/units.js'

const secondMs = 1_000
const hourMs = 3_600 * secondMs

const text = (message: string) => z.string({ error: message }).min(1, { error: message })

const server = z
  .string({ error: 'must be host:port' })
  .regex(/^(?:\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]+):\d{1,5}$/, { error: 'must be host:port' })
  .transform((value) => {
    const at = value.lastIndexOf(':')
    return { host: value.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(value.slice(at + 1)) }
  })
const servers = z.array(server).min(1, { error: 'must name at least one server' })

const tls = z.union(
  [
    flag(),
    z.strictObject({
      ca: text('must be certificates in PEM').optional(),
      cert: text('must be a certificate chain in PEM').optional(),
      key: text('must be a private key in PEM').optional(),
      serverName: text('must be a host name').optional(),
    }),
  ],
  { error: 'must be true or { ca, cert, key, serverName }' },
)

/** How Redis is reached: one of `url`, `sentinel` and `cluster`. */
const connection = {
  url: z
    .string()
    .regex(/^rediss?:\/\/\S+$/, {
      error: 'must be a URL such as redis://user:password@host:6379/0, or rediss:// for TLS',
    })
    .optional()
    .describe('of one server'),
  sentinel: z
    .strictObject({
      master: text('must be the name that Sentinel gives the set'),
      servers,
      username: z.string().optional(),
      password: z.string().optional(),
    })
    .optional()
    .describe('the Sentinels, and the name of the set that they watch'),
  cluster: z.strictObject({ servers }).optional().describe('some servers of a cluster'),
  username: z.string().optional().describe('of the ACL user'),
  password: z.string().optional(),
  database: wholeNumber(0, 1_000_000).optional(),
  tls: tls.optional(),
  prefix: z
    .string()
    .regex(/^[!-z|~]{0,128}$/, { error: 'must be up to 128 printable characters without spaces and braces' })
    .optional()
    .describe('begins every key; default api-proxy:'),
}

const places = ['url', 'sentinel', 'cluster'] as const
type Places = { readonly [Name in (typeof places)[number]]?: unknown }

export function countPlaces(value: Places): number {
  return places.filter((name) => value[name] !== undefined).length
}

export const redisStorageSchema = z
  .strictObject({
    kind: z.literal('redis'),
    ...connection,
    plaintext: flag().prefault(false).describe('lets Redis hold credentials unsealed'),
    cacheFor: duration(secondMs, hourMs)
      .prefault('5m')
      .describe('how long a record is used at most without asking Redis, be it away'),
    replicas: wholeNumber(0, 10)
      .optional()
      .describe('that must have a write before it is acknowledged; default 1 with Sentinel or a cluster'),
  })
  .refine((value) => countPlaces(value) === 1, { error: 'one of url, sentinel and cluster is needed', path: ['url'] })

export const redisLimiterSchema = z
  .strictObject({
    kind: z.literal('redis'),
    ...connection,
    instances: wholeNumber(1, 10_000)
      .prefault(1)
      .describe('that share the limits: while Redis is away, each lets its part of them pass'),
    failClosed: flag().prefault(false).describe('refuse calls with 503 while Redis is away'),
    timeout: duration(5, 10 * secondMs)
      .prefault('40ms')
      .describe('what a call waits for Redis before the limit is counted in the process'),
  })
  .refine((value) => countPlaces(value) <= 1, {
    error: 'only one of url, sentinel and cluster may stand',
    path: ['url'],
  })

export type RedisStorageConfig = z.output<typeof redisStorageSchema>
export type RedisLimiterConfig = z.output<typeof redisLimiterSchema>
