/**
 * Every failure that a caller can see, with its HTTP status. A dialect maps each code to its own spelling, so a new
 * line here does not compile until both dialects say how they spell it.
 */
export const errorStatus = {
  invalid_request: 400,
  invalid_url: 400,
  relative_path_required: 400,
  domain_not_allowed: 400,
  target_denied: 400,
  unsupported_header: 400,
  base_url_missing: 400,
  missing_token: 401,
  invalid_token: 401,
  invalid_client: 401,
  insufficient_scope: 403,
  record_not_found: 404,
  app_not_found: 404,
  route_not_found: 404,
  method_not_allowed: 405,
  account_ambiguous: 409,
  payload_too_large: 413,
  uri_too_long: 414,
  account_config_invalid: 422,
  account_reauth_required: 424,
  rate_limited: 429,
  headers_too_large: 431,
  internal_error: 500,
  upstream_dns: 502,
  upstream_connect: 502,
  upstream_tls: 502,
  upstream_protocol: 502,
  redirect_denied: 502,
  response_too_large: 502,
  credential_store_unavailable: 503,
  credential_refresh_failed: 503,
  overloaded: 503,
  upstream_timeout: 504,
} as const satisfies Record<string, number>

export type ErrorCode = keyof typeof errorStatus

export interface ProxyErrorOptions {
  /** Facts for the caller; never a credential, an address or a stack. */
  readonly details?: Readonly<Record<string, unknown>>
  /** For the log only; never answered. */
  readonly cause?: unknown
  /** Seconds for `Retry-After`; a 503 has one in any case. */
  readonly retryAfterSeconds?: number
}

/** The one error of the engine. `message` is written for the caller: it names the field and the fix. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  readonly code: ErrorCode
  readonly status: number
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, message: string, options: ProxyErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = errorStatus[code]
    this.details = options.details
    this.retryAfterSeconds = options.retryAfterSeconds ?? (this.status === 503 ? 1 : undefined)
  }
}

/** Any thrown value as a `ProxyError`; what is not ours becomes `internal_error` with a message that says nothing. */
export function toProxyError(error: unknown): ProxyError {
  return error instanceof ProxyError
    ? error
    : new ProxyError('internal_error', 'The proxy failed to handle this call.', { cause: error })
}

/** For what a store rejects with: it cannot know at the moment, which is no fault of the caller and no bug. */
export function toStoreError(error: unknown): ProxyError {
  if (error instanceof ProxyError) return error
  return new ProxyError('credential_store_unavailable', 'The stored records cannot be read at the moment.', {
    cause: error,
  })
}
