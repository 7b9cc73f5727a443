import { PassThrough, Readable } from 'node:stream'
import {
  type Account,
  type ApiProxy,
  type AppDefinition,
  type Clock,
  createAppRegistry,
  createAuthenticator,
  createProxy,
  type Dialect,
  findHeader,
  type Hook,
  keyDigest,
  type ProxyError,
  type ProxyLimits,
  type RenewalParts,
  type RetryWish,
  Secret,
  type Storage,
  undiciTransport,
} from '@proxy/core'
import { memoryRateLimiter, memoryStorage } from '@proxy/storage-memory'

export interface EngineOptions {
  readonly apps: readonly AppDefinition[]
  readonly accounts: readonly TestAccount[]
  readonly allowPrivate?: readonly string[]
  readonly hosts?: Readonly<Record<string, string>>
  readonly dnsServers?: readonly string[]
  readonly ca?: readonly string[]
  readonly clock?: Clock
  readonly limits?: ProxyLimits
  readonly hooks?: readonly Hook[]
  readonly renewal?: RenewalParts
  readonly storage?: Storage
  readonly random?: () => number
  /** Sees each error before it is spelled. */
  readonly onError?: (error: ProxyError) => void
}

export interface TestAccount {
  readonly id: string
  readonly app: string
  readonly customFields?: Readonly<Record<string, string>>
  readonly credentials?: Readonly<Record<string, string>>
  readonly expiresAt?: number
  readonly dead?: boolean
}

export interface EngineCall {
  readonly method?: string
  /** Full URL or relative path. */
  readonly target: string
  /** Undefined leaves it to the engine which account of the user fits. */
  readonly account?: string | undefined
  /** Flat, for the upstream. */
  readonly headers?: readonly string[]
  readonly body?: string | Buffer | Readable
  readonly bodyLength?: number
  readonly retries?: RetryWish
  /** Gets what makes the caller leave. */
  readonly onStart?: (leave: () => void) => void
}

export interface EngineAnswer {
  readonly status: number
  /** Flat. */
  readonly headers: readonly string[]
  readonly body: Buffer
  /** The answer ended by a cut, not by an end. */
  readonly cut: boolean
  header(name: string): string | undefined
}

export interface Engine {
  readonly proxy: ApiProxy
  readonly storage: Storage
  call(call: EngineCall): Promise<EngineAnswer>
  close(): Promise<void>
}

const scope = { project: 'proj_test', environment: 'development' } as const
const key = 'test-key'

/** One app with a key in `x-key`, whose API is on a port of this machine, and its account `apn_1`. */
export function startKeysEngine(port: number): Promise<Engine> {
  return startEngine({
    apps: [
      {
        name_slug: 'acme',
        name: 'Acme',
        auth_type: 'keys',
        custom_fields: [{ name: 'key', type: 'password' }],
        connect: { base_proxy_target_url: `http://127.0.0.1:${port}` },
        auth: [{ kind: 'header', name: 'x-key', value: '{{custom_fields.key}}' }],
      },
    ],
    accounts: [{ id: 'apn_1', app: 'acme', customFields: { key: 'ours' } }],
    allowPrivate: [`127.0.0.1:${port}`],
  })
}

/** The engine in this process, in a custom host's own wire form: the call's parts in `x-` headers. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const storage = options.storage ?? memoryStorage()
  for (const account of options.accounts) await storage.writeAccount(accountOf(account), 0)
  const allowPrivate = options.allowPrivate ?? []
  const transport = undiciTransport({
    network: {
      allowPrivate,
      ...(options.hosts !== undefined && { hosts: options.hosts }),
      ...(options.dnsServers !== undefined && { dnsServers: options.dnsServers }),
      ...(options.ca !== undefined && { ca: options.ca }),
    },
    ...(options.clock !== undefined && { clock: options.clock }),
  })
  const proxy = createProxy({
    apps: createAppRegistry(options.apps, { isExempt: (host) => host === 'localhost' || host === '127.0.0.1' }),
    storage,
    authenticator: createAuthenticator({
      documents: storage,
      keys: [{ id: 'test', digest: keyDigest(key), ...scope, scopes: ['*'] }],
    }),
    rateLimiter: memoryRateLimiter(),
    transport,
    dialects: [options.onError === undefined ? plainDialect : tellingErrors(plainDialect, options.onError)],
    limits: { project: undefined, ...options.limits },
    ...(options.hooks !== undefined && { hooks: options.hooks }),
    ...(options.clock !== undefined && { clock: options.clock }),
    ...(options.renewal !== undefined && { renewal: options.renewal }),
    ...(options.random !== undefined && { random: options.random }),
  })

  return {
    storage,
    proxy,
    close: () => proxy.close(),
    async call({ method = 'GET', target, account, headers = [], body, bodyLength, retries, onStart }) {
      const answer = new PassThrough()
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', () => undefined)
      let status = 0
      let answered: readonly string[] = []
      const query = new URLSearchParams({ target, retries: JSON.stringify(retries ?? null) })
      if (account !== undefined) query.set('account', account)
      const length = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.byteLength(body) : bodyLength
      await proxy.handle(
        {
          method,
          target: `/call?${query}`,
          headers: [...headers, ...(length === undefined ? [] : ['content-length', String(length)])],
          body: body === undefined ? undefined : body instanceof Readable ? body : Readable.from([Buffer.from(body)]),
          remoteAddress: '127.0.0.1',
          onCallerLeft: (listener) => onStart?.(listener),
        },
        (head) => {
          status = head.status
          answered = head.headers
          return answer
        },
      )
      const cut = !answer.writableEnded
      if (!cut) await new Promise((resolve) => (answer.readableEnded ? resolve(undefined) : answer.on('end', resolve)))
      return {
        status,
        headers: answered,
        body: Buffer.concat(chunks),
        cut,
        header: (name) => findHeader(answered, name),
      }
    },
  }
}

const plainDialect: Dialect = {
  name: 'plain',
  owns: (target) => target.startsWith('/call?'),
  read(call) {
    const query = new URLSearchParams(call.target.slice('/call?'.length))
    const account = query.get('account')
    const headers: string[] = []
    for (let index = 0; index < call.headers.length; index += 2) {
      const name = call.headers[index]?.toLowerCase() ?? ''
      if (name !== 'content-length') headers.push(name, call.headers[index + 1] ?? '')
    }
    return {
      kind: 'proxy',
      bearer: key,
      method: call.method,
      project: scope.project,
      environment: scope.environment,
      account:
        account === null
          ? { by: 'user', externalUserId: 'user-1' }
          : { by: 'id', id: account, externalUserId: 'user-1' },
      target: query.get('target') ?? '',
      query: '',
      baseUrl: undefined,
      headers,
      contentType: undefined,
      rateLimitToken: undefined,
      retries: (JSON.parse(query.get('retries') ?? 'null') as RetryWish | null) ?? undefined,
      origin: undefined,
      answerHeaders: [],
    }
  },
  describeError: (error) => ({ status: error.status, headers: ['x-code', error.code], body: error.message }),
}

function tellingErrors(dialect: Dialect, onError: (error: ProxyError) => void): Dialect {
  return {
    ...dialect,
    describeError: (error, call) => {
      onError(error)
      return dialect.describeError(error, call)
    },
  }
}

function accountOf({ id, app, customFields = {}, credentials = {}, expiresAt, dead = false }: TestAccount): Account {
  return {
    ...scope,
    id,
    app,
    version: 0,
    externalUserId: 'user-1',
    externalId: id,
    name: undefined,
    values: new Secret({ customFields, credentials }),
    oauthAppId: undefined,
    authorizedScopes: [],
    metadata: {},
    createdAt: 0,
    updatedAt: 0,
    expiresAt,
    lastRefreshedAt: undefined,
    dead,
    error: undefined,
  }
}
