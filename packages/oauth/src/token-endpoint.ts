import type { Target } from '@proxy/core'
import { type AuthorizationServer, allowInsecureRequests, type CustomFetchOptions, customFetch } from 'oauth4webapi'
import type { TokenFetch } from './transport-fetch.js'

/** What oauth4webapi has to know of a vendor: where its token endpoint is. */
export function endpoint({ origin, path }: Target): AuthorizationServer {
  return { issuer: origin, token_endpoint: `${origin}${path}` }
}

/** Options of a token request: over the guarded transport, with the app's headers, as form or JSON. */
export function requestOptions(fetch: TokenFetch, headers: Readonly<Record<string, string>>, body: 'form' | 'json') {
  return {
    // Whether http may be used was decided when the app was loaded.
    [allowInsecureRequests]: true,
    [customFetch]: (url: string, request: CustomFetchOptions<'POST', URLSearchParams>) =>
      fetch(url, {
        method: request.method,
        headers: {
          ...request.headers,
          'user-agent': 'api-proxy',
          'content-type': body === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
          ...headers,
        },
        body: body === 'json' ? JSON.stringify(Object.fromEntries(request.body)) : request.body,
      }),
  }
}
