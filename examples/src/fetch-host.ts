import type { ApiProxy } from '@proxy/core'
import { toFetchHandler } from '@proxy/core/fetch'

/** The proxy below a path of a fetch-style host (Hono, Bun, Deno, a service worker), beside the host's own routes. */
export function makeFetchHost(proxy: ApiProxy): (request: Request) => Promise<Response> {
  const handle = toFetchHandler(proxy)
  return async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/hello') return new Response('a route of the host')
    return await handle(request)
  }
}
