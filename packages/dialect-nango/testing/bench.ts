import { Readable } from 'node:stream'
import { type ManualClock, manualClock } from '@proxy/conformance'
import {
  type AppDefinition,
  type AppRegistry,
  createAppRegistry,
  createAuthenticator,
  createKeyRing,
  createSealer,
  type Dialect,
  type IncomingCall,
  keyDigest,
  type Refresher,
  toProxyError,
} from '@proxy/core'
import { type MemoryStorage, memoryStorage } from '@proxy/storage-memory'
import { type ConnectSessionWish, createIntegrations, type Integrations, nangoDialect } from '../src/index.js'
import { definitions } from './apps.js'

const publicUrl = 'http://127.0.0.1:3003'
const scope = { project: 'proj_demo', environment: 'development' } as const
export const key = 'key-of-everything'
const proxyOnlyKey = 'key-of-the-proxy'
const productionKey = 'key-of-production'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers by path
  readonly json: any
}

export interface CallOptions {
  /** Null sends none. */
  readonly bearer?: string | null
  readonly headers?: readonly string[]
  readonly json?: unknown
  readonly body?: string
  readonly remoteAddress?: string
}

export interface BenchOptions {
  readonly apps?: readonly AppDefinition[]
  readonly refresher?: Refresher
  readonly localKey?: string
  readonly publicUrl?: string
  readonly withoutSessions?: boolean
}

export interface Bench {
  readonly dialect: Dialect
  readonly apps: AppRegistry
  readonly storage: MemoryStorage
  readonly clock: ManualClock
  readonly integrations: Integrations
  /** What sessions were asked for. */
  readonly sessions: readonly ConnectSessionWish[]
  call(method: string, target: string, options?: CallOptions): Promise<Answer>
}

/** The dialect with memory storage and a clock that stands still, called as the pipeline calls it. */
export function createBench(options: BenchOptions = {}): Bench {
  const apps = createAppRegistry(options.apps ?? definitions)
  const clock = manualClock()
  const storage = memoryStorage({ clock })
  const sessions: ConnectSessionWish[] = []
  const sealer = createSealer(createKeyRing([Buffer.alloc(32, 9).toString('base64')]))
  const integrations = createIntegrations({ documents: storage, sealer, clock })
  const authenticator = createAuthenticator({
    keys: [
      { id: 'all', digest: keyDigest(key), ...scope, scopes: ['*'] },
      { id: 'proxy', digest: keyDigest(proxyOnlyKey), ...scope, scopes: ['connect:proxy'] },
      { id: 'prod', digest: keyDigest(productionKey), ...scope, environment: 'production', scopes: ['*'] },
    ],
    documents: storage,
    clock,
  })
  const dialect = nangoDialect({
    storage,
    apps,
    authenticator,
    integrations,
    clock,
    publicUrl: options.publicUrl ?? publicUrl,
    ...(options.withoutSessions !== true && {
      sessions: {
        create: async (wish: ConnectSessionWish) => {
          sessions.push(wish)
          return { token: 'ctok_1', link: 'https://connect.example/1', expiresAt: clock.now() + 60_000 }
        },
      },
    }),
    ...(options.refresher !== undefined && { refresher: options.refresher }),
    ...(options.localKey !== undefined && { localKey: options.localKey }),
  })

  async function call(method: string, target: string, call: CallOptions = {}): Promise<Answer> {
    const bearer = call.bearer === undefined ? key : call.bearer
    const headers = ['Host', '127.0.0.1:3003', ...(call.headers ?? [])]
    if (bearer !== null) headers.push('Authorization', `Bearer ${bearer}`)
    let { body } = call
    if (call.json !== undefined) {
      body = JSON.stringify(call.json)
      headers.push('Content-Type', 'application/json')
    }
    return exchange(dialect, incoming(method, target, headers, body, call.remoteAddress), body)
  }

  return { dialect, apps, storage, clock, integrations, sessions, call }
}

function incoming(
  method: string,
  target: string,
  headers: readonly string[] = [],
  body?: string,
  remoteAddress = '198.51.100.7',
): IncomingCall {
  const stream = body === undefined || body === '' ? undefined : Readable.from([Buffer.from(body)])
  return { method, target, headers, body: stream, remoteAddress, onCallerLeft() {} }
}

/** As the pipeline does: read, respond, and one catch that hands failures to the dialect. */
async function exchange(dialect: Dialect, call: IncomingCall, body: string | undefined): Promise<Answer> {
  try {
    const read = dialect.read(call)
    if (read.kind === 'proxy') return toAnswer(200, new Headers(), JSON.stringify(read))
    const headers = new Headers()
    for (let index = 0; index < call.headers.length; index += 2) {
      headers.append(call.headers[index] ?? '', call.headers[index + 1] ?? '')
    }
    const hasBody = body !== undefined && body !== '' && call.method !== 'GET' && call.method !== 'HEAD'
    const init = { method: call.method, headers, ...(hasBody ? { body } : undefined) }
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
