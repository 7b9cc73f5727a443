import { type ErrorAnswer, type ErrorCode, findHeader, type IncomingCall, type ProxyError } from '@proxy/core'
import { Refusal } from './refusal.js'

/** How one error of the engine reads in this dialect. */
interface Spelling {
  readonly code: string
  readonly status?: number
  /** The message in place of the error's own, or what stands before it. */
  readonly text?: string
  /** `payload: {}`, as Nango has it where it answers by its older way. */
  readonly payload?: true
}

const refused: Spelling = { code: 'base_url_override_not_allowed' }
const badToken: Spelling = { code: 'unknown_account', payload: true }

/** The contract's table (section 3). Codes that it lacks stand under the nearest one. */
const spellings: Readonly<Record<ErrorCode, Spelling>> = {
  invalid_request: { code: 'invalid_request' },
  invalid_url: { code: 'invalid_uri_params' },
  relative_path_required: refused,
  domain_not_allowed: refused,
  target_denied: refused,
  unsupported_header: { code: 'invalid_headers' },
  base_url_missing: { code: 'unsupported_provider', payload: true },
  missing_token: { code: 'missing_auth_header', payload: true },
  invalid_token: badToken,
  invalid_client: badToken,
  insufficient_scope: { code: 'forbidden', payload: true },
  record_not_found: { code: 'server_error', status: 400, text: 'Failed to get connection', payload: true },
  app_not_found: { code: 'unknown_provider_config', payload: true },
  route_not_found: { code: 'not_found' },
  method_not_allowed: { code: 'method_not_allowed' },
  account_ambiguous: { code: 'conflict' },
  payload_too_large: { code: 'request_too_large' },
  uri_too_long: { code: 'uri_too_long' },
  account_config_invalid: { code: 'invalid_connection_config' },
  account_reauth_required: { code: 'server_error', text: 'Failed to get connection credentials', payload: true },
  rate_limited: { code: 'too_many_request', payload: true },
  headers_too_large: { code: 'headers_too_large' },
  internal_error: { code: 'server_error', payload: true },
  upstream_dns: { code: 'upstream_dns' },
  upstream_connect: { code: 'upstream_connect' },
  upstream_tls: { code: 'upstream_tls' },
  upstream_protocol: { code: 'upstream_protocol' },
  redirect_denied: { code: 'redirect_denied' },
  response_too_large: { code: 'response_too_large' },
  credential_store_unavailable: { code: 'credential_store_unavailable' },
  credential_refresh_failed: {
    code: 'server_error',
    status: 400,
    text: 'Failed to get connection credentials',
    payload: true,
  },
  overloaded: { code: 'overloaded' },
  upstream_timeout: { code: 'upstream_timeout' },
}

/** While a refresh that failed is not tried again. */
const backoff: Spelling = {
  code: 'connection_refresh_backoff',
  status: 424,
  text: 'Failed to get connection credentials',
  payload: true,
}

/** `{"error":{"code","message"}}`, with the headers that prove whose answer it is and say what to do about it. */
export function describeError(error: ProxyError, call: IncomingCall): ErrorAnswer {
  const { code, status = error.status, text, payload } = spell(error, call)
  const headers = ['content-type', 'application/json', 'x-proxy-error', code]
  if (error.status === 401) headers.push('www-authenticate', 'Bearer')
  if (error.status === 405) headers.push('allow', allowedMethods(error))
  if (error.retryAfterSeconds !== undefined) {
    headers.push('retry-after', String(Math.max(1, Math.ceil(error.retryAfterSeconds))))
  }
  return {
    status,
    headers,
    body: JSON.stringify({ error: { ...described(error, code, text, call), ...(payload && { payload: {} }) } }),
  }
}

function spell(error: ProxyError, call: IncomingCall): Spelling {
  if (error instanceof Refusal) return { code: error.spelled, status: error.answeredStatus }
  if (error.code === 'missing_token' && findHeader(call.headers, 'authorization') !== undefined) {
    return { code: 'malformed_auth_header', payload: true }
  }
  if (error.code === 'credential_refresh_failed' && error.details?.paused === true) return backoff
  return spellings[error.code]
}

function described(error: ProxyError, code: string, text: string | undefined, call: IncomingCall): object {
  if (error instanceof Refusal && error.faults !== undefined) return { code, errors: error.faults }
  const message =
    text === undefined || error.code === 'record_not_found' ? (text ?? error.message) : `${text}: ${error.message}`
  if (error.code !== 'rate_limited') return { message, code, ...fieldOf(error) }
  return { message, code, method: call.method, path: call.target.split('?', 1)[0] }
}

/** What is missing or wrong, by name. */
function fieldOf(error: ProxyError): object {
  const field = error.details?.field
  return typeof field === 'string' ? { field } : {}
}

function allowedMethods(error: ProxyError): string {
  const allow = error.details?.allow
  return Array.isArray(allow) ? allow.join(', ') : ''
}
