import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingCall, OpenAnswer } from '@proxy/core'
import type { State } from './parts.js'

/** What answers calls: a proxy, or something in front of one. */
interface CallHandler {
  handle(call: IncomingCall, open: OpenAnswer): Promise<void>
}

export interface OperationsParts {
  /** Undefined turns `/metrics` off. The texts are what Prometheus reads. */
  readonly metrics:
    | { readonly contentType: string; text(): Promise<string>; readonly token: string | undefined }
    | undefined
  isDraining(): boolean
  parts(): Promise<Readiness>
}

interface Readiness {
  /** False while nothing can be served. */
  readonly isReady: boolean
  /** The state of each part; a part that is not `ok` works with less than it should. */
  readonly parts: Readonly<Record<string, 'ok' | 'degraded'>>
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** Flat, beside those that every answer has. */
  readonly headers: readonly string[]
}

/** `/livez`, `/readyz` and `/metrics` in front of a proxy, at the cost of one comparison for every other call. */
export function withOperations(proxy: CallHandler, parts: OperationsParts): CallHandler {
  return {
    handle(call, open) {
      const route = isNear(call.target) ? routeOf(call.target, parts) : undefined
      return route === undefined ? proxy.handle(call, open) : answer(call, open, route)
    },
  }
}

/** The second character of `/livez`, `/readyz` or `/metrics`. */
function isNear(target: string): boolean {
  const letter = target.charCodeAt(1)
  return letter === 108 || letter === 114 || letter === 109
}

function routeOf(target: string, parts: OperationsParts): ((call: IncomingCall) => Promise<Answer>) | undefined {
  const [path] = target.split('?', 1)
  if (path === '/livez') return async () => json(200, { status: 'ok' })
  if (path === '/readyz') return () => readiness(parts)
  if (path === '/metrics' && parts.metrics !== undefined) {
    const { metrics } = parts
    return async (call) => {
      if (metrics.token !== undefined && !isSame(bearerOf(call) ?? '', metrics.token)) {
        const challenge = ['www-authenticate', 'Bearer error="invalid_token"']
        return refusal(401, 'invalid_token', 'The metrics ask for their own token.', challenge)
      }
      return { status: 200, contentType: metrics.contentType, body: await metrics.text(), headers: [] }
    }
  }
  return undefined
}

async function readiness(parts: OperationsParts): Promise<Answer> {
  const { isReady, parts: states } = await parts.parts()
  if (parts.isDraining()) return json(503, { status: 'draining', parts: states })
  const isWhole = Object.values(states).every((state) => state === 'ok')
  return json(isReady ? 200 : 503, { status: isWhole ? 'ok' : 'degraded', parts: states })
}

async function answer(
  call: IncomingCall,
  open: OpenAnswer,
  route: (call: IncomingCall) => Promise<Answer>,
): Promise<void> {
  const isAllowed = call.method === 'GET' || call.method === 'HEAD'
  const { status, contentType, body, headers } = isAllowed
    ? await route(call)
    : refusal(405, 'method_not_allowed', `${call.method} is not allowed here.`, ['allow', 'GET, HEAD'])
  const bytes = Buffer.from(body)
  const usual = ['content-type', contentType, 'content-length', String(bytes.length), 'cache-control', 'no-store']
  const sink = open({ status, headers: [...usual, 'x-request-id', randomUUID(), ...headers] })
  if (call.method === 'HEAD') sink.end()
  else sink.end(bytes)
}

function json(status: number, value: object, headers: readonly string[] = []): Answer {
  return { status, contentType: 'application/json', body: JSON.stringify(value), headers }
}

/** In the form of every other refusal of this server. */
function refusal(status: number, code: string, error: string, headers: readonly string[]): Answer {
  return json(status, { error, code }, ['x-proxy-error', code, ...headers])
}

/** In the same time, whatever the two have in common. */
function isSame(given: string, wanted: string): boolean {
  const [one, other] = [given, wanted].map((text) => createHash('sha256').update(text).digest())
  return one !== undefined && other !== undefined && timingSafeEqual(one, other)
}

function bearerOf(call: IncomingCall): string | undefined {
  const at = call.headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'authorization')
  return at === -1 ? undefined : /^bearer (.+)$/i.exec(call.headers[at + 1] ?? '')?.[1]
}

/**
 * How the parts are. Not ready until all of the storage was reached for the first time: before, there is nothing to serve from;
 * later, what is remembered may do, and another instance would be no better off.
 */
export function readinessOf({ checks }: State): () => Promise<Readiness> {
  let wasReached = false
  return async () => {
    const states = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await stateOf(check)] as const),
    )
    wasReached ||= states.every(([name, state]) => name === 'rateLimiter' || state === 'ok')
    return { isReady: wasReached, parts: Object.fromEntries(states) }
  }
}

async function stateOf(check: () => Promise<void>): Promise<'ok' | 'degraded'> {
  try {
    await check()
    return 'ok'
  } catch {
    return 'degraded'
  }
}
