import { epochMsOf } from '@proxy/core'
import { scopeNames } from '@proxy/dialect-pipedream'
import { z } from 'zod'
import { redisLimiterSchema } from '../redis/redis-schema.js'
import { awsEndpoint, awsRegion } from './aws.js'
import { storageSchema } from './storage-schema.js'
import { tlsPair } from './tls-pair.js'
import { duration, flag, size, wholeNumber } from './units.js'

const secondMs = 1_000
const hourMs = 3_600 * secondMs
const yearMs = 366 * 24 * hourMs
const mebibyte = 2 ** 20
const tebibyte = 2 ** 40

const text = (message: string) => z.string({ error: message }).min(1, { error: message })
const oneOrMore = (item: z.ZodString, message: string) =>
  z.union([item, z.array(item).min(1)], { error: message }).transform((value) => [value].flat())

const wrappedMessage = 'must be a data key, as "api-proxy keys data-key" prints it'

const environment = z.enum(['development', 'production'], { error: 'must be development or production' })
const scopes = z
  .array(z.enum(scopeNames, { error: `must be one of ${scopeNames.join(', ')}` }))
  .min(1, { error: 'must name at least one scope' })

const key32 = (what: string) =>
  z
    .string({ error: `must be ${what}: 32 random bytes in base64, as "openssl rand -base64 32" prints them` })
    .refine((value) => /^[A-Za-z0-9+/_-]{43}=?$/.test(value), {
      error: `must be ${what}: 32 random bytes in base64, as "openssl rand -base64 32" prints them`,
    })

const server = z.strictObject({
  host: text('must be an address or host name to listen on').default('127.0.0.1'),
  port: wholeNumber(0, 65_535).prefault(3000),
  publicUrl: z
    .string()
    .regex(/^https?:\/\/[^/?#\s]+(?:\/[^?#\s]*)?$/, { error: 'must be a URL such as https://proxy.example.com' })
    .optional()
    .describe('where callers reach this server; also the issuer of its tokens'),
  tls: tlsPair.optional().describe('with it the server speaks https alone'),
  drainTimeout: duration(0, hourMs).prefault('25s').describe('what calls in flight get after SIGTERM'),
  drainDelay: duration(0, hourMs)
    .prefault('0s')
    .describe('how long connections are still taken after SIGTERM, while /readyz already answers 503'),
  keepAliveTimeout: duration(secondMs, hourMs).prefault('75s').describe('between two requests of a connection'),
})

const wrappedKey = z.string({ error: wrappedMessage }).regex(/^[A-Za-z0-9+/]{64,}={0,2}$/, { error: wrappedMessage })

const encryption = z
  .strictObject({
    keys: z.array(key32('a sealing key')).default([]),
    kms: z
      .strictObject({
        keyId: text('must be the id, ARN or alias of a KMS key'),
        dataKeys: z
          .array(wrappedKey)
          .max(20, { error: 'holds more than 20 keys' })
          .default([])
          .describe('data keys as "api-proxy keys data-key" prints them; the first one seals, all of them open'),
        region: awsRegion.optional(),
        endpoint: awsEndpoint.optional(),
        context: z.record(z.string(), z.string()).default({}).describe('bound to each data key'),
      })
      .optional()
      .describe('wraps the keys that seal'),
  })
  .refine(({ keys, kms }) => keys.length > 0 || kms !== undefined, {
    error: 'needs a key: 32 random bytes in base64, as "openssl rand -base64 32" prints them',
    path: ['keys'],
  })

const rateLimiter = z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('memory') }), redisLimiterSchema], {
  error: 'kind must be memory or redis',
})

const window = z.strictObject({ requests: wholeNumber(1, 1_000_000_000), window: duration(secondMs, yearMs) })

const limits = z.strictObject({
  project: z
    .union([window, z.literal('none')], { error: 'must be { requests, window } or none' })
    .prefault({ requests: 100, window: '60s' }),
  client: window.optional(),
  account: window.optional(),
  headTimeout: duration(10, hourMs).prefault('30s').describe("until the upstream's response head"),
  maxRetryWait: duration(0, hourMs)
    .prefault('60s')
    .describe('between two attempts of a call; an upstream that asks for more gets no further one'),
  retryTotal: duration(0, 24 * hourMs)
    .prefault('10m')
    .describe('for all attempts of a call and the waits between them'),
  bodyIdleTimeout: duration(10, hourMs).prefault('30s').describe('between two bytes of a body, in either direction'),
  readerIdleTimeout: duration(100, hourMs).prefault('5m').describe('for a caller that takes nothing of its answer'),
  maxRequestBody: size(0, tebibyte).prefault('100MiB'),
  maxHeldBody: size(0, 64 * mebibyte)
    .prefault('1MiB')
    .describe('of a body that is signed or sent again'),
  requestHeadTimeout: duration(100, 10 * 60 * secondMs)
    .prefault('20s')
    .describe("until a caller's request head"),
  maxTarget: size(1_024, 16 * 1_024)
    .prefault('16KiB')
    .describe('of a request target'),
  maxHeaders: size(1_024, mebibyte).prefault('32KiB').describe('of all header fields of a request'),
  maxHeaderCount: wholeNumber(10, 2_000).prefault(128),
  connectionsPerOrigin: wholeNumber(1, 100_000).prefault(256),
})

const network = z.strictObject({
  allowPrivate: z
    .array(z.string())
    .default([])
    .describe(
      'exceptions from "public addresses only": CIDR, address or host name, the latter two with or without port',
    ),
  hosts: z
    .record(z.string(), z.union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' }))
    .default({})
    .describe('addresses of names, in place of DNS'),
  dnsServers: z
    .array(
      z.string().regex(/^(?:[0-9.]+|[0-9a-fA-F:]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/, {
        error: 'must be an IP address, with or without a port',
      }),
    )
    .default([]),
})

const callerId = z
  .string()
  .regex(/^[A-Za-z0-9_.~-]{1,128}$/, { error: 'must be 1 to 128 of letters, digits and _ . ~ -' })

const client = z.strictObject({
  id: callerId,
  secret: oneOrMore(text('must be a text'), 'must be a text, or a list of texts').describe(
    'several while a secret is being changed',
  ),
  scopes: scopes.default(['*']),
  environment: environment.optional().describe('the only one that this client may name; default both'),
})

const secretKey = z.strictObject({
  id: callerId.optional().describe('its name in logs'),
  key: z.string().min(1, { error: 'must not be empty' }),
  environment: environment.optional().describe('the only one that this key may name; default both'),
  scopes: scopes.default(['*']),
})

const project = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'must be 1 to 64 of letters, digits, _ and -' }),
  name: z.string().min(1).optional(),
  clients: z.array(client).default([]),
  secretKeys: z.array(secretKey).default([]),
})

const values = z.record(
  z.string(),
  z
    .union([z.string(), z.number(), z.boolean()], { error: 'must be a text, a number or true or false' })
    .transform(String),
)

const credentials = values.refine(
  ({ expires_at: end }) => end === undefined || end === '' || epochMsOf(end) !== undefined,
  { error: 'must be an ISO 8601 date or epoch seconds', path: ['expires_at'] },
)

const tooLong = { error: 'must have at most 512 characters' }

const account = z.strictObject({
  project: z.string(),
  environment,
  id: z.string().regex(/^apn_[A-Za-z0-9]{1,64}$/, { error: 'must be apn_ and 1 to 64 letters and digits' }),
  external_user_id: text('must be the id of your end user, as a text').max(512, tooLong),
  external_id: text('must be a text').max(512, tooLong).optional().describe('default: the id'),
  app: text('must be the name_slug of an app'),
  name: z.string().optional(),
  custom_fields: values.default({}),
  credentials: credentials.default({}),
})

const providers = z.union(
  [
    z.strictObject({ file: text('must be the path of a file').describe('a providers.yaml, or its folder') }),
    z.strictObject({
      package: z
        .string()
        .regex(/^(?:@[a-z0-9_.-]+\/)?[a-z0-9_-][a-z0-9_.-]*$/, { error: 'must be the name of a package' })
        .describe('which you installed beside the configuration: @nangohq/providers'),
    }),
  ],
  { error: 'must be { file } or { package }' },
)

/** The configuration file. App definitions are checked by the engine, which knows what they mean. */
export const configSchema = z.strictObject({
  server: server.prefault({}),
  storage: storageSchema.prefault({ kind: 'memory' }),
  rateLimiter: rateLimiter.prefault({ kind: 'memory' }),
  encryption: encryption.optional(),
  tokens: z
    .strictObject({
      signingKeys: z
        .array(key32('an Ed25519 seed'), {
          error: 'must be a list of Ed25519 seeds: 32 random bytes in base64, as "openssl rand -base64 32" prints them',
        })
        .min(1),
      lifetime: duration(secondMs, 24 * hourMs).prefault('3600s'),
    })
    .optional(),
  network: network.prefault({}),
  limits: limits.prefault({}),
  logs: z
    .strictObject({
      level: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
      calls: flag().prefault(true).describe('one line for each call'),
    })
    .prefault({}),
  metrics: z
    .strictObject({
      enabled: flag().prefault(true),
      token: z.string().min(16).optional().describe('asked for as bearer at /metrics'),
    })
    .prefault({}),
  webhook: z
    .strictObject({
      url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
      secret: z
        .string()
        .regex(/^(?:whsec_)?[A-Za-z0-9+/]{32,}=*$/, { error: 'must be at least 24 bytes in base64' })
        .describe('signs by Standard Webhooks'),
    })
    .optional()
    .describe('is told of accounts whose grant has ended'),
  projects: z.array(project).default([]),
  nango: z
    .strictObject({
      localDevelopment: z
        .strictObject({ project: z.string(), environment })
        .optional()
        .describe('whose accounts programs of this machine use when they call without a key; never for production'),
    })
    .prefault({}),
  catalog: flag().prefault(true).describe('knows the well-known apps of the catalogue, too'),
  apps: z.array(z.unknown()).default([]),
  providers: providers.optional().describe("further apps, of a provider file of Nango's form that you installed"),
  accounts: z.array(account).default([]),
})

export type ParsedConfig = z.output<typeof configSchema>
