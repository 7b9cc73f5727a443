import { isHeaderName } from '@proxy/core'

const methods = 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS'

/** Flat headers that let the page at `origin` read the answer; none for a caller that is not a browser. */
export function corsHeaders(origin: string | undefined): readonly string[] {
  if (origin === undefined) return none
  return ['access-control-allow-origin', origin, 'access-control-expose-headers', '*', 'vary', 'origin']
}

const none: readonly string[] = []

/**
 * Answers a CORS preflight. It carries no token, so any origin may ask; the call that follows is held against the
 * token's `allowed_origins`. Cookies are never allowed, so an answer here opens nothing by itself.
 */
export function preflightAnswer(origin: string, requestedHeaders: string | null): Response {
  const names = (requestedHeaders ?? '').split(',').map((name) => name.trim())
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': names.filter((name) => isHeaderName(name)).join(', '),
      'access-control-max-age': '600',
      vary: 'origin, access-control-request-method, access-control-request-headers',
    },
  })
}
