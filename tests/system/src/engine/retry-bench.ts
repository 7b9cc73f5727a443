import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ManualClock, manualClock } from '@proxy/conformance'
import type {
  AppDefinition,
  AttemptEvent,
  CallEvent,
  ProxyEvent,
  ProxyLimits,
  RenewalParts,
  RetryRules,
} from '@proxy/core'
import { type Engine, type EngineAnswer, type EngineCall, startEngine, type TestAccount } from './start-engine.js'

/** How the upstream answers one attempt. */
export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'reset'
  | ((request: IncomingMessage, response: ServerResponse) => void)

export interface SeenAttempt {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** Milliseconds since the start of the test's clock. */
  readonly at: number
}

/** A call that has ended, and how it came to that. */
export interface Course {
  readonly answer: EngineAnswer
  readonly waits: readonly number[]
  readonly attempts: readonly AttemptEvent[]
}

export interface RetryBench {
  readonly clock: ManualClock
  readonly port: number
  readonly engine: Engine
  readonly seen: readonly SeenAttempt[]
  readonly calls: readonly CallEvent[]
  /** Connections to the upstream that are open. */
  openConnections(): Promise<number>
  /** Connections ever made. */
  readonly connections: number
  /** One for each attempt; the last one for all that follow. */
  replies: readonly Reply[]
  /** The next attempt that is followed by another. */
  nextAttempt(): Promise<AttemptEvent>
  /** Makes a call and moves the clock over each wait. */
  run(call?: Partial<EngineCall>): Promise<Course>
  stop(): Promise<void>
}

export interface RetryBenchOptions {
  readonly retry?: RetryRules
  readonly app?: Partial<AppDefinition>
  readonly account?: Partial<TestAccount>
  readonly limits?: ProxyLimits
  readonly renewal?: (clock: ManualClock) => RenewalParts
}

export async function startRetryBench(options: RetryBenchOptions = {}): Promise<RetryBench> {
  const clock = manualClock()
  const startedAt = clock.now()
  const seen: SeenAttempt[] = []
  const calls: CallEvent[] = []
  const events: AttemptEvent[] = []
  const listeners: ((event: AttemptEvent) => void)[] = []
  let connections = 0

  const hook = (event: ProxyEvent): void => {
    if (event.type === 'call') calls.push(event)
    if (event.type !== 'attempt') return
    const listener = listeners.shift()
    if (listener === undefined) events.push(event)
    else listener(event)
  }

  const upstream = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const { method = '', url = '', headers } = request
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString(), at: clock.now() - startedAt })
    const reply = bench.replies[Math.min(seen.length, bench.replies.length) - 1] ?? { status: 200 }
    if (reply === 'reset') request.socket.resetAndDestroy()
    else if (typeof reply === 'function') reply(request, response)
    else response.writeHead(reply.status, reply.headers).end(reply.body ?? `answer ${seen.length}`)
  })
  upstream.on('connection', () => connections++)
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const { port } = upstream.address() as AddressInfo

  const engine = await startEngine({
    apps: [
      {
        name_slug: 'acme',
        name: 'Acme',
        auth_type: 'keys',
        custom_fields: [{ name: 'key', type: 'password' }],
        connect: { base_proxy_target_url: `http://localhost:${port}` },
        auth: [{ kind: 'bearer', token: '{{custom_fields.key}}' }],
        ...(options.retry !== undefined && { retry: options.retry }),
        ...options.app,
      },
    ],
    accounts: [{ id: 'apn_acme', app: 'acme', customFields: { key: 'canary' }, ...options.account }],
    allowPrivate: [`127.0.0.1:${port}`, '127.0.0.1:1'],
    clock,
    hooks: [hook],
    random: () => 0.5,
    ...(options.limits !== undefined && { limits: options.limits }),
    ...(options.renewal !== undefined && { renewal: options.renewal(clock) }),
  })

  const bench = {
    clock,
    port,
    engine,
    seen,
    calls,
    replies: [] as readonly Reply[],
    get connections() {
      return connections
    },
    openConnections: () =>
      new Promise<number>((resolve, reject) => {
        upstream.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
      }),
    nextAttempt: () => {
      const event = events.shift()
      return event === undefined
        ? new Promise<AttemptEvent>((resolve) => listeners.push(resolve))
        : Promise.resolve(event)
    },
    async run(call: Partial<EngineCall> = {}): Promise<Course> {
      const attempts: AttemptEvent[] = []
      const pending = engine.call({ target: '/x', account: 'apn_acme', ...call })
      for (;;) {
        const next = bench.nextAttempt()
        const event = await Promise.race([next, pending.then(() => undefined)])
        if (event === undefined) {
          listeners.length = 0
          return { answer: await pending, attempts, waits: attempts.map(({ waitMs }) => waitMs) }
        }
        attempts.push(event)
        clock.advance(event.waitMs)
      }
    },
    async stop() {
      upstream.closeAllConnections()
      await engine.close()
      await new Promise((resolve) => upstream.close(resolve))
    },
  }
  return bench
}

/** `Retries: n`, with `Retry-On` if need be. */
export function asked(attempts: number, ...statuses: readonly number[]): Pick<EngineCall, 'retries'> {
  return { retries: { attempts, statuses } }
}
