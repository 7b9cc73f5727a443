import { type IncomingCall, type ProxyCall, ProxyError } from '@proxy/core'
import { corsHeaders } from './cors.js'
import { decodeTarget } from './decode-target.js'
import type { CallHeaders } from './read-headers.js'
import type { ProxyPath } from './read-path.js'
import { readProxyQuery, selectAccount } from './read-query.js'
import { isConnectToken } from './tokens/connect-token-form.js'

const knownMethods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])

/** Throws `method_not_allowed` for a method that neither a proxied call nor a route may have (TRACE, CONNECT, …). */
export function requireMethod(method: string): void {
  if (knownMethods.has(method)) return
  throw new ProxyError('method_not_allowed', 'This method is not allowed here.', {
    details: { allow: [...knownMethods] },
  })
}

/** Reads a proxied call (section 3 of the contract). Throws `ProxyError` for every malformed part. */
export function readProxyCall(incoming: IncomingCall, path: ProxyPath, query: string, headers: CallHeaders): ProxyCall {
  const parameters = readProxyQuery(query)
  const fromBrowser = isConnectToken(headers.bearer)
  return {
    kind: 'proxy',
    bearer: headers.bearer,
    method: incoming.method,
    project: path.project,
    // A connect token knows its environment; the browser's client names one by default, which may be another.
    environment: fromBrowser ? undefined : headers.environment,
    account: selectAccount(parameters, fromBrowser),
    target: decodeTarget(path.segment),
    query: parameters.rest,
    baseUrl: undefined,
    headers: headers.forwarded,
    contentType: headers.contentType,
    rateLimitToken: headers.rateLimitToken,
    origin: headers.origin,
    answerHeaders: corsHeaders(fromBrowser ? headers.origin : undefined),
    retries: undefined,
  }
}
