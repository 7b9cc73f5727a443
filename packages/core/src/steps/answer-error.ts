import type { ProxyError } from '../errors.js'
import type { Dialect } from '../ports/dialect.js'
import type { IncomingCall, OpenAnswer } from '../ports/exchange.js'
import type { Decision } from '../ports/rate-limiter.js'
import { addRateLimitHeaders } from '../rate-limit-headers.js'

export interface ErrorContext {
  readonly requestId: string
  readonly turn: Decision | undefined
  readonly now: number
}

/** Answers in the dialect's spelling, with its length, so that it is never mistaken for a cut answer. */
export function answerError(
  error: ProxyError,
  dialect: Dialect,
  call: IncomingCall,
  open: OpenAnswer,
  context: ErrorContext,
): void {
  const described = dialect.describeError(error, call)
  const body = Buffer.from(described.body, 'utf8')
  const headers = [...described.headers, 'content-length', String(body.length), 'x-request-id', context.requestId]
  if (context.turn !== undefined) addRateLimitHeaders(headers, context.turn, context.now, false)
  open({ status: described.status, headers }).end(body)
}
