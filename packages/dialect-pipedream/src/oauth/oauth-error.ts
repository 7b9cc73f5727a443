/** Errors of the token endpoint and its neighbours (RFC 6749, 5.2). */
export type OAuthErrorCode = 'invalid_request' | 'invalid_client' | 'invalid_scope' | 'unsupported_grant_type'

const statuses: Readonly<Record<OAuthErrorCode, number>> = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_scope: 400,
  unsupported_grant_type: 400,
}

/** A refusal in OAuth's spelling, thrown by the endpoints and answered by them. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode

  constructor(code: OAuthErrorCode, description: string) {
    super(description)
    this.code = code
  }
}

/** `error` and `error_description`, beside the `code` and the header that every refusal of this server has. */
export function oauthErrorAnswer({ code, message }: OAuthError): Response {
  return oauthAnswer({ error: code, error_description: message, code }, statuses[code], {
    'x-proxy-error': code,
    ...(code === 'invalid_client' ? { 'www-authenticate': 'Basic realm="api-proxy", charset="UTF-8"' } : undefined),
  })
}

/** JSON that no cache keeps (RFC 6749, 5.1). */
export function oauthAnswer(body: object, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache', ...headers },
  })
}
