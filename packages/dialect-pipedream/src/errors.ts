import type { ErrorAnswer, ErrorCode, IncomingCall, ProxyError } from '@proxy/core'
import { corsHeaders } from './cors.js'
import { readHeaders } from './read-headers.js'
import { isConnectToken } from './tokens/connect-token-form.js'

/** How one error of the engine reads in this dialect. */
interface Spelling {
  /** A code of the contract's table. */
  readonly code: string
  /** The text of `error` in place of the error's own; then `details` are left out, so that the bytes are always the same. */
  readonly text?: string
}

const notThere: Spelling = { code: 'record_not_found', text: 'record not found' }

/** The contract's table (section 4). Codes of the engine that it lacks stand under the nearest one. */
const spellings: Readonly<Record<ErrorCode, Spelling>> = {
  invalid_request: { code: 'invalid_request' },
  invalid_url: { code: 'invalid_url' },
  relative_path_required: { code: 'relative_path_required' },
  domain_not_allowed: { code: 'domain_not_allowed', text: 'domain not allowed for this app' },
  target_denied: { code: 'target_denied', text: 'target not allowed' },
  unsupported_header: { code: 'unsupported_header' },
  base_url_missing: { code: 'invalid_url' },
  missing_token: { code: 'invalid_token' },
  invalid_token: { code: 'invalid_token' },
  invalid_client: { code: 'invalid_client' },
  insufficient_scope: { code: 'insufficient_scope' },
  record_not_found: notThere,
  app_not_found: notThere,
  route_not_found: { code: 'record_not_found', text: 'route not found' },
  method_not_allowed: { code: 'method_not_allowed' },
  account_ambiguous: { code: 'account_ambiguous' },
  payload_too_large: { code: 'payload_too_large' },
  uri_too_long: { code: 'uri_too_long' },
  account_config_invalid: { code: 'account_config_invalid' },
  account_reauth_required: { code: 'account_reauth_required' },
  rate_limited: { code: 'rate_limited', text: 'Throttled' },
  headers_too_large: { code: 'headers_too_large' },
  // A fault of ours has no row in the table; calling it anything else would send people looking in the wrong place.
  internal_error: { code: 'internal_error', text: 'internal error' },
  upstream_dns: { code: 'upstream_dns' },
  upstream_connect: { code: 'upstream_connect' },
  upstream_tls: { code: 'upstream_tls' },
  upstream_protocol: { code: 'upstream_protocol' },
  redirect_denied: { code: 'redirect_denied' },
  response_too_large: { code: 'response_too_large' },
  credential_store_unavailable: { code: 'credential_store_unavailable' },
  credential_refresh_failed: { code: 'credential_store_unavailable' },
  overloaded: { code: 'overloaded' },
  upstream_timeout: { code: 'upstream_timeout' },
}

/** `{"error","code","details"?}` with the headers that prove whose answer it is and say what to do about it. */
export function describeError(error: ProxyError, call: IncomingCall): ErrorAnswer {
  const { code, text } = spellings[error.code]
  const headers = ['content-type', 'application/json', 'x-proxy-error', code]
  if (error.status === 401 || code === 'insufficient_scope') headers.push('www-authenticate', `Bearer error="${code}"`)
  if (error.status === 405) headers.push('allow', allowedMethods(error))
  if (error.retryAfterSeconds !== undefined) {
    headers.push('retry-after', String(Math.max(1, Math.ceil(error.retryAfterSeconds))))
  }
  headers.push(...corsHeaders(browserOrigin(call)))
  const body = { error: text ?? error.message, code, details: text === undefined ? error.details : undefined }
  return { status: error.status, headers, body: JSON.stringify(body) }
}

function allowedMethods(error: ProxyError): string {
  const allow = error.details?.allow
  return Array.isArray(allow) ? allow.join(', ') : ''
}

/** The origin of a page that called with a connect token, so that its client can read the error. */
function browserOrigin(call: IncomingCall): string | undefined {
  try {
    const { bearer, origin } = readHeaders(call.headers)
    return isConnectToken(bearer) ? origin : undefined
  } catch {
    // The headers themselves are the fault that is being described.
    return undefined
  }
}
