import type { ProxyError } from '../errors.js'
import type { IncomingCall, OpenAnswer } from '../ports/exchange.js'
import { addRateLimitHeaders } from '../rate-limit-headers.js'
import type { Trace } from '../trace.js'

/** Answers in the dialect's spelling, with its length, so that it is never mistaken for a cut answer. */
export function answerError(error: ProxyError, call: IncomingCall, open: OpenAnswer, seen: Trace, now: number): void {
  const described = seen.dialect.describeError(error, call)
  const body = Buffer.from(described.body, 'utf8')
  const headers = [...described.headers, 'content-length', String(body.length), 'x-request-id', seen.requestId]
  if (seen.turn !== undefined) addRateLimitHeaders(headers, seen.turn, now, false)
  const sink = open({ status: described.status, headers })
  if (call.method === 'HEAD') sink.end()
  else sink.end(body)
}
