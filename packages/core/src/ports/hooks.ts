import type { Environment } from '../account.js'
import type { ErrorCode } from '../errors.js'

/** One proxied call or route, after its end. No field can hold a header value, a query value or a body. */
export interface CallEvent {
  readonly type: 'call'
  readonly requestId: string
  readonly dialect: string | undefined
  readonly method: string
  readonly project: string | undefined
  readonly environment: Environment | undefined
  readonly client: string | undefined
  readonly app: string | undefined
  readonly account: string | undefined
  /** Host that was asked, and the path with query names alone, before injection. */
  readonly upstreamHost: string | undefined
  readonly upstreamPath: string | undefined
  /** Status answered to the caller; 0 when the caller left before the head. */
  readonly status: number
  readonly code: ErrorCode | undefined
  /** For operators: the reason behind `code`, an error's name and code without its message. */
  readonly reason: string | undefined
  readonly durationMs: number
  readonly attempts: number
  readonly outcome: 'ok' | 'refused' | 'upstream-failed' | 'caller-left' | 'cut'
  readonly traceparent: string | undefined
}

/** One attempt that is followed by another, told as soon as it has ended. */
export interface AttemptEvent {
  readonly type: 'attempt'
  readonly requestId: string
  readonly dialect: string
  readonly app: string | undefined
  /** From 1 on. */
  readonly attempt: number
  /** Of its answer; undefined when there was none, and then `code` says why. */
  readonly status: number | undefined
  readonly code: ErrorCode | undefined
  /** Milliseconds until the next one. */
  readonly waitMs: number
}

/** A refresh of an account's credential. */
export interface RefreshEvent {
  readonly type: 'refresh'
  readonly project: string
  readonly environment: Environment
  readonly account: string
  readonly app: string
  readonly outcome: 'refreshed' | 'failed' | 'dead'
  readonly reason: string | undefined
}

/** A part that works with less than it should, or works again. */
export interface PartEvent {
  readonly type: 'part'
  readonly part: string
  readonly state: 'ok' | 'degraded'
  readonly reason: string | undefined
}

export type ProxyEvent = CallEvent | AttemptEvent | RefreshEvent | PartEvent

/** One subscriber: logging, metrics, tracing, audit. It must not throw; what it throws is dropped. */
export type Hook = (event: ProxyEvent) => void
