import { type IncomingCall, type ProxyCall, ProxyError } from '@proxy/core'
import { type CallHeaders, readRetryWish, requiredFaults } from './read-headers.js'
import { invalid } from './refusal.js'

const refusedMethods: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT'])
const usualMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT']

/** Reads a proxied call (section 1 of the contract); `bearer` is undefined when there is none. */
export function readProxyCall(
  incoming: IncomingCall,
  endpoint: string,
  query: string,
  headers: CallHeaders,
  bearer: string | undefined,
): ProxyCall {
  if (refusedMethods.has(incoming.method)) {
    throw new ProxyError('method_not_allowed', 'This method is not allowed here.', { details: { allow: usualMethods } })
  }
  if (bearer === undefined) throw noToken(headers)
  const { integration = '', connection = '' } = headers
  const call: ProxyCall = {
    kind: 'proxy',
    bearer,
    method: incoming.method,
    project: undefined,
    environment: undefined,
    account: { by: 'external-id', app: integration, externalId: connection },
    target: endpoint,
    takesFullUrls: true,
    query,
    baseUrl: headers.baseUrl,
    headers: withBoundary(headers),
    contentType: headers.contentType,
    rateLimitToken: undefined,
    retries: readRetryWish(headers),
    origin: headers.origin,
    answerHeaders: [],
  }
  const faults = requiredFaults(headers)
  if (faults.length === 0 && headers.faults.length === 0) return call
  return { ...call, fault: invalid('invalid_headers', [...faults, ...headers.faults]) }
}

export function noToken({ isAuthorized }: CallHeaders): ProxyError {
  return new ProxyError(
    'missing_token',
    isAuthorized ? 'The Authorization header must be "Bearer" and a key.' : 'The request has no Authorization header.',
  )
}

/** A client that encodes a form itself knows the boundary in the outer type alone; then the prefixed one is left out. */
function withBoundary({ forwarded, contentType }: CallHeaders): readonly string[] {
  if (contentType === undefined || !isMultipart(contentType)) return forwarded
  const at = forwarded.findIndex((name, index) => index % 2 === 0 && name === 'content-type')
  return at === -1 || !isMultipart(forwarded[at + 1] ?? '')
    ? forwarded
    : [...forwarded.slice(0, at), ...forwarded.slice(at + 2)]
}

function isMultipart(type: string): boolean {
  return /^\s*multipart\//i.test(type)
}
