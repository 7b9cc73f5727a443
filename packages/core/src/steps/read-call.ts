import { ProxyError } from '../errors.js'
import type { Dialect, ProxyCall, RouteCall } from '../ports/dialect.js'
import type { IncomingCall } from '../ports/exchange.js'

/** The dialect whose wire form the request has; the first one speaks for what is nobody's. */
export function chooseDialect(target: string, dialects: readonly [Dialect, ...Dialect[]]): Dialect {
  for (const dialect of dialects) if (dialect.owns(target)) return dialect
  return dialects[0]
}

/** What the request asks for. Throws `route_not_found`, or what the dialect finds wrong with it. */
export function readCall(incoming: IncomingCall, dialect: Dialect): ProxyCall | RouteCall {
  if (!dialect.owns(incoming.target)) throw new ProxyError('route_not_found', 'There is no such route.')
  return dialect.read(incoming)
}
