import type { PipedreamDialectOptions } from '../options.js'
import { type QueryFields, readFields } from '../read-fields.js'
import { readBody, readText } from '../read-json.js'
import type { RouteInput } from '../routes/route.js'
import { routeParts } from '../routes/route-parts.js'
import { script } from './assets/script.js'
import { styles } from './assets/styles.js'
import { ConnectFault } from './connect-fault.js'
import { connectPages } from './connect-pages.js'

/** Serves the connect page and what belongs to it. */
export type Connect = (request: Request, input: RouteInput) => Promise<Response>

const callbackPath = /^\/connect\/oauth\/([A-Za-z0-9_]{1,80})\/callback$/
const formBytesMost = 256 * 1024

export function createConnect(options: PipedreamDialectOptions): Connect {
  const parts = routeParts(options)
  const { origin, pathname } = new URL(parts.baseUrl)
  const pages = connectPages(parts, pathname.replace(/\/+$/, ''))

  async function readForm(request: Request): Promise<QueryFields> {
    refuseForeignForm(request, origin)
    const type = request.headers.get('content-type') ?? ''
    if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)) {
      throw new ConnectFault('invalid_request', 'This is not a form of this page.')
    }
    return readFields(readText(await readBody(request, formBytesMost)))
  }

  return async (request, { path, query }) => {
    const { method } = request
    const isRead = method === 'GET' || method === 'HEAD'
    if (path === '/_static/connect.js' && isRead) return asset(script, 'text/javascript')
    if (path === '/_static/connect.css' && isRead) return asset(styles, 'text/css')
    if (path === '/_static/connect.html' && isRead) return pages.show(() => readFields(query))
    if (path === '/connect/accounts' && method === 'POST') return pages.submit(() => readForm(request))
    if (path === '/connect/status' && method === 'POST') return pages.status(() => readForm(request))
    const [, client] = callbackPath.exec(path) ?? []
    if (client !== undefined && isRead) {
      return pages.callback(client, () => readFields(query), request.headers.get('cookie'))
    }
    return pages.nothingHere()
  }
}

/** A script elsewhere could send an end user to a vendor who has said yes before, and never see a page of ours. */
function refuseForeignForm(request: Request, ownOrigin: string): void {
  const site = request.headers.get('sec-fetch-site')
  const origin = request.headers.get('origin')
  const isForeign =
    site === null ? origin !== null && origin !== 'null' && origin !== ownOrigin : site !== 'same-origin'
  if (isForeign) throw new ConnectFault('not_allowed', 'This form was sent from another site.')
}

function asset(text: string, type: string): Response {
  return new Response(text, {
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'public, max-age=3600',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    },
  })
}
