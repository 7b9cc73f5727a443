import type { Dialect, RouteCall } from '@proxy/core'
import { preflightAnswer } from './cors.js'
import { describeError } from './errors.js'
import { checkOptions, type PipedreamDialectOptions } from './options.js'
import { readProxyCall, requireMethod } from './read-call.js'
import { readHeaders } from './read-headers.js'
import { readProxyPath, splitTarget } from './read-path.js'

const owned =
  /^\/(?:v1\/|v1$|openapi\.json$|connect\/(?:accounts|status|oauth\/[^/]+\/callback)$|_static\/connect\.(?:html|js|css)$)/
const ofConnect = /^\/(?:connect\/|_static\/)/

/**
 * Pipedream Connect's wire form: proxied calls, errors, and the management routes, which are loaded with the first call
 * to one of them.
 *
 * @example
 * ```ts
 * const clients = clientDirectory([{ id: 'demo', secretDigests: [secretDigest('…')], project: 'proj_demo', scopes: ['*'] }])
 * const keys = [{ id: 'job', digest: keyDigest('…'), project: 'proj_demo', environment: undefined, scopes: ['*'] }]
 * const tokens = ed25519Tokens({ signingKeys: [seed], issuer: publicUrl, audience: publicUrl, clients, clock })
 * const browserTokens = connectTokens({ documents: storage, clients, keys, clock })
 * const authenticator = createAuthenticator({ keys, verifiers: [tokens, browserTokens], documents: storage, clock })
 * const windows = windowTokens({ signingKeys: [seed], issuer: publicUrl, clock })
 * const dialect = pipedreamDialect({
 *   storage, apps, authenticator, clients, tokens, connectTokens: browserTokens, windowTokens: windows,
 *   projects: [{ id: 'proj_demo' }], rateLimiter, clock, publicUrl,
 * })
 * const proxy = createProxy({ storage, apps, authenticator, customLimits: windows, dialects: [dialect], … })
 * ```
 */
export function pipedreamDialect(options: PipedreamDialectOptions): Dialect {
  checkOptions(options)
  const prefix = new URL(options.publicUrl).pathname.replace(/\/+$/, '')
  const loadRoutes = once(async () => {
    const { createRoutes } = await import('./routes/create-routes.js')
    return createRoutes(options)
  })
  const loadConnect = once(async () => {
    const { createConnect } = await import('./connect/create-connect.js')
    return createConnect(options)
  })

  return {
    name: 'pipedream',
    owns(target) {
      return target.startsWith('/v1/') || owned.test(splitTarget(target, prefix).path)
    },
    read(incoming) {
      requireMethod(incoming.method)
      const { path, query } = splitTarget(incoming.target, prefix)
      const headers = readHeaders(incoming.headers)
      if (incoming.method === 'OPTIONS' && headers.asksForMethod && headers.origin !== undefined) {
        return preflight(headers.origin)
      }
      const proxyPath = readProxyPath(path)
      if (proxyPath !== undefined) return readProxyCall(incoming, proxyPath, query, headers)
      return {
        kind: 'route',
        async respond(request, context) {
          const routes = await (ofConnect.test(path) ? loadConnect() : loadRoutes())
          return routes(request, { path, query, headers, ...context })
        },
      }
    },
    describeError,
  }
}

function preflight(origin: string): RouteCall {
  return {
    kind: 'route',
    async respond(request) {
      return preflightAnswer(origin, request.headers.get('access-control-request-headers'))
    },
  }
}

/** Runs `load` on the first call and keeps what it gave; a failed load is tried again. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined
      throw error
    })
    return loaded
  }
}
