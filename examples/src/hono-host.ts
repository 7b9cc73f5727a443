import type { ApiProxy } from '@proxy/core'
import { toFetchHandler } from '@proxy/core/fetch'
import { Hono } from 'hono'

/** The proxy in a Hono app, behind whatever middleware the host has, beside the host's own routes. */
export function makeHonoHost(proxy: ApiProxy): Hono {
  const handle = toFetchHandler(proxy)
  return new Hono()
    .get('/hello', (context) => context.text('a route of the host'))
    .all('/v1/*', (context) => handle(context.req.raw))
}
