import { createServer, type Server } from 'node:http'
import type { ApiProxy } from '@proxy/core'
import { toNodeListener } from '@proxy/runtime-node'

/** The proxy in a plain `node:http` server, beside the host's own routes. */
export function makeNodeHost(proxy: ApiProxy): Server {
  const listener = toNodeListener(proxy)
  return createServer((request, response) => {
    if (request.url === '/hello') response.end('a route of the host')
    else listener(request, response)
  })
}
