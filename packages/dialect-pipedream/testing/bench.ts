import { Readable } from 'node:stream'
import { type ManualClock, manualClock } from '@proxy/conformance'
import {
  type AppDefinition,
  type AppRegistry,
  type AppRegistryOptions,
  type Authorization,
  createAppRegistry,
  createAuthenticator,
  createKeyRing,
  createSealer,
  type Dialect,
  type IncomingCall,
  keyDigest,
  type RevokingAuthenticator,
  type StaticKey,
  toProxyError,
} from '@proxy/core'
import { type MemoryStorage, memoryRateLimiter, memoryStorage } from '@proxy/storage-memory'
import {
  type ConnectTokens,
  clientDirectory,
  connectTokens,
  ed25519Tokens,
  type OAuthClient,
  type PipedreamDialectOptions,
  pipedreamDialect,
  secretDigest,
  type WindowTokens,
  windowTokens,
} from '../src/index.js'
import { acme, shop } from './apps.js'

const signingKey = Buffer.alloc(32, 7).toString('base64')
const publicUrl = 'http://127.0.0.1:3000'
export const secret = 'demo-secret-0123456789'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers by path
  readonly json: any
}

export interface CallOptions {
  /** Default: a token of the client `demo`, which may do everything. Null sends none. */
  readonly bearer?: string | null
  readonly headers?: readonly string[]
  readonly json?: unknown
  readonly body?: string | Uint8Array
  readonly remoteAddress?: string
}

export interface Bench {
  readonly dialect: Dialect
  readonly apps: AppRegistry
  readonly storage: MemoryStorage
  readonly clock: ManualClock
  readonly authenticator: RevokingAuthenticator
  readonly connectTokens: ConnectTokens
  readonly windowTokens: WindowTokens
  /** Clients by id; a test may add, change and remove them. */
  readonly clients: Map<string, OAuthClient>
  call(method: string, target: string, options?: CallOptions): Promise<Answer>
  /** A token of the client, through the token endpoint. */
  token(client?: string, scope?: string): Promise<string>
}

export interface BenchOptions extends Partial<Pick<PipedreamDialectOptions, 'publicUrl' | 'webhooks'>> {
  readonly authorization?: Authorization | undefined
  readonly clock?: ManualClock
}

/** The dialect with memory storage and a clock that stands still, called as the pipeline calls it. */
export function createBench(
  definitions: readonly AppDefinition[] = [acme, shop],
  appOptions: AppRegistryOptions = {},
  further: BenchOptions = {},
): Bench {
  const apps = createAppRegistry(definitions, appOptions)
  const clock = further.clock ?? manualClock()
  const storage = memoryStorage({ clock })
  const clients = new Map<string, OAuthClient>()
  for (const client of clientDirectoryOf()) clients.set(client.id, client)
  const directory = { find: (id: string) => clients.get(id) }
  const identity = { signingKeys: [signingKey], issuer: publicUrl, clock }
  const tokens = ed25519Tokens({ ...identity, audience: publicUrl, clients: directory })
  const keys: readonly StaticKey[] = [
    {
      id: 'key-dev',
      digest: keyDigest('static-key-dev'),
      project: 'proj_demo',
      environment: 'development',
      scopes: ['*'],
    },
  ]
  const browserTokens = connectTokens({ documents: storage, clients: directory, keys, clock })
  const windows = windowTokens(identity)
  const authenticator = createAuthenticator({
    keys,
    verifiers: [tokens, browserTokens],
    documents: storage,
    clock,
  })
  const dialect = pipedreamDialect({
    storage,
    apps,
    authenticator,
    clients: directory,
    tokens,
    connectTokens: browserTokens,
    windowTokens: windows,
    projects: [{ id: 'proj_demo', name: 'Demo' }, { id: 'proj_other' }],
    rateLimiter: memoryRateLimiter({ clock }),
    sealer: createSealer(createKeyRing([Buffer.alloc(32, 9).toString('base64')])),
    clock,
    publicUrl: further.publicUrl ?? publicUrl,
    ...(further.authorization !== undefined && { authorization: further.authorization }),
    ...(further.webhooks !== undefined && { webhooks: further.webhooks }),
  })
  const known = new Map<string, string>()

  async function token(client = 'demo', scope?: string): Promise<string> {
    const json = { grant_type: 'client_credentials', client_id: client, client_secret: secret, scope }
    const answer = await call('POST', '/v1/oauth/token', { bearer: null, json })
    return answer.json.access_token
  }

  async function usualToken(): Promise<string> {
    const before = known.get('demo')
    if (before !== undefined) return before
    const fresh = await token()
    known.set('demo', fresh)
    return fresh
  }

  async function call(method: string, target: string, options: CallOptions = {}): Promise<Answer> {
    const bearer = options.bearer === undefined ? await usualToken() : options.bearer
    const headers = [...(options.headers ?? [])]
    if (bearer !== null) headers.push('Authorization', `Bearer ${bearer}`)
    let body = options.body
    if (options.json !== undefined) {
      body = JSON.stringify(options.json)
      headers.push('Content-Type', 'application/json')
    }
    return exchange(dialect, incoming(method, target, headers, body, options.remoteAddress), body)
  }

  return {
    dialect,
    apps,
    storage,
    clock,
    authenticator,
    connectTokens: browserTokens,
    windowTokens: windows,
    clients,
    call,
    token,
  }
}

function clientDirectoryOf(): readonly OAuthClient[] {
  const secretDigests = [secretDigest(secret)]
  const demo = { id: 'demo', secretDigests, project: 'proj_demo', scopes: ['*'] }
  const other = { id: 'other', secretDigests, project: 'proj_other', scopes: ['*'] }
  const reader = { id: 'reader', secretDigests, project: 'proj_demo', scopes: ['connect:accounts:read'] }
  const minter = {
    id: 'minter',
    secretDigests,
    project: 'proj_demo',
    scopes: ['connect:tokens:create', 'connect:proxy'],
  }
  const list = [demo, other, reader, minter]
  clientDirectory(list)
  return list
}

export function incoming(
  method: string,
  target: string,
  headers: readonly string[] = [],
  body?: string | Uint8Array,
  remoteAddress = '198.51.100.7',
): IncomingCall {
  const stream = body === undefined || body.length === 0 ? undefined : Readable.from([Buffer.from(body)])
  return { method, target, headers, body: stream, remoteAddress, onCallerLeft() {} }
}

/** As the pipeline does: read, respond, and one catch that hands failures to the dialect. */
async function exchange(dialect: Dialect, call: IncomingCall, body: string | Uint8Array | undefined): Promise<Answer> {
  try {
    const read = dialect.read(call)
    if (read.kind === 'proxy') throw new Error('This is a proxied call.')
    const headers = new Headers()
    for (let index = 0; index < call.headers.length; index += 2) {
      headers.append(call.headers[index] ?? '', call.headers[index + 1] ?? '')
    }
    const hasBody = body !== undefined && body.length > 0 && call.method !== 'GET' && call.method !== 'HEAD'
    const init = { method: call.method, headers, ...(hasBody ? { body: Buffer.from(body) } : undefined) }
    const request = new Request(`${publicUrl}${call.target}`, init)
    const response = await read.respond(request, { requestId: 'request-1', remoteAddress: call.remoteAddress })
    return toAnswer(response.status, response.headers, await response.text())
  } catch (error) {
    const described = dialect.describeError(toProxyError(error), call)
    if (described.status === 500) throw error
    const headers = new Headers()
    for (let index = 0; index < described.headers.length; index += 2) {
      headers.append(described.headers[index] ?? '', described.headers[index + 1] ?? '')
    }
    return toAnswer(described.status, headers, described.body)
  }
}

function toAnswer(status: number, headers: Headers, text: string): Answer {
  return { status, headers, text, json: text === '' ? undefined : JSON.parse(text) }
}

export function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
