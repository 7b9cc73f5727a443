import type { Account } from './account.js'
import type { App } from './app.js'
import type { ErrorCode, ProxyError } from './errors.js'
import type { Found } from './found.js'
import { findHeader } from './headers.js'
import type { Caller } from './ports/authenticator.js'
import type { Dialect } from './ports/dialect.js'
import type { IncomingCall } from './ports/exchange.js'
import type { AttemptEvent, CallEvent } from './ports/hooks.js'
import type { Decision } from './ports/rate-limiter.js'
import type { Target } from './target.js'
import type { UpstreamCall } from './upstream-call.js'

/** What is known of one call, for its answer's headers and its log event. Written by the pipeline alone. */
export class Trace {
  readonly requestId: string
  readonly startedAt: number
  readonly dialect: Dialect
  caller: Caller | undefined
  account: Account | undefined
  app: App | undefined
  turn: Decision | undefined
  target: Target | undefined
  attempts = 0
  status = 0
  code: ErrorCode | undefined
  reason: string | undefined
  callerLeft = false
  cut = false

  constructor(requestId: string, dialect: Dialect) {
    this.requestId = requestId
    this.dialect = dialect
    this.startedAt = performance.now()
  }

  by(caller: Caller): Caller {
    this.caller = caller
    return caller
  }

  for(found: Found): Found {
    this.account = found.account
    this.app = found.app
    return found
  }

  /** Keeps the figures for the answer's headers, refused or not. */
  counted(turn: Decision | undefined): Decision | undefined {
    this.turn = turn
    return turn
  }

  toward(call: UpstreamCall): UpstreamCall {
    this.target = call.target
    return call
  }

  failed(error: ProxyError): ProxyError {
    this.code = error.code
    this.reason = reasonOf(error.cause)
    return error
  }

  /** How the present attempt ended, when another follows. */
  attempt(status: number | undefined, code: ErrorCode | undefined, waitMs: number): AttemptEvent {
    return {
      type: 'attempt',
      requestId: this.requestId,
      dialect: this.dialect.name,
      app: this.app?.slug,
      attempt: this.attempts,
      status,
      code,
      waitMs,
    }
  }

  event(incoming: IncomingCall): CallEvent {
    const { account, target } = this
    return {
      type: 'call',
      requestId: this.requestId,
      dialect: this.dialect.name,
      method: incoming.method,
      project: account?.project ?? this.caller?.project,
      environment: account?.environment,
      client: this.caller?.client,
      app: this.app?.slug,
      account: account?.id,
      upstreamHost: target?.host,
      upstreamPath: target === undefined ? undefined : pathWithQueryNames(target.path),
      status: this.status,
      code: this.code,
      reason: this.reason,
      durationMs: performance.now() - this.startedAt,
      attempts: this.attempts,
      outcome: this.#outcome(),
      traceparent: findHeader(incoming.headers, 'traceparent'),
    }
  }

  #outcome(): CallEvent['outcome'] {
    if (this.callerLeft) return 'caller-left'
    if (this.cut) return 'cut'
    if (this.code === undefined) return 'ok'
    return this.code.startsWith('upstream_') || this.code === 'redirect_denied' ? 'upstream-failed' : 'refused'
  }
}

/** A path as logs may show it: `/v1/users?limit&cursor`, names without values. */
function pathWithQueryNames(path: string): string {
  const start = path.indexOf('?')
  if (start === -1) return path
  const names = path
    .slice(start + 1)
    .split('&')
    .map((pair) => pair.split('=', 1)[0])
  return `${path.slice(0, start)}?${names.join('&')}`
}

/** Name and code of what went wrong, without its message: messages can carry URLs and bytes. */
function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  return code === undefined ? cause.name : `${cause.name} ${code}`
}
