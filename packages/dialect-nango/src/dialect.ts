import type { Dialect } from '@proxy/core'
import { describeError } from './errors.js'
import { isLocalCall } from './local-calls.js'
import { checkOptions, type NangoDialectOptions } from './options.js'
import { noToken, readProxyCall } from './read-call.js'
import { readHeaders } from './read-headers.js'
import { readEndpoint, splitTarget } from './read-path.js'

/** First segments of the paths of this wire form: proxied calls, management, and what is known but not served here. */
const owned =
  /^\/(?:proxy|connections?|integrations|config|providers|connect\/sessions?|connect\/telemetry|syncs?|actions?|records|scripts|environment-variables|flows|functions)(?:[/?]|$)/

/**
 * Nango's wire form: proxied calls, errors, and the management routes, which are loaded with the first call to one of
 * them.
 *
 * @example
 * ```ts
 * const integrations = createIntegrations({ documents: storage, clock })
 * const dialect = nangoDialect({ storage, apps, authenticator, integrations, publicUrl })
 * const proxy = createProxy({ storage, apps, authenticator, appNames: integrations, dialects: [dialect], … })
 * ```
 */
export function nangoDialect(options: NangoDialectOptions): Dialect {
  checkOptions(options)
  const { localKey } = options
  const prefix = new URL(options.publicUrl).pathname.replace(/\/+$/, '')
  const loadRoutes = once(async () => {
    const { createRoutes } = await import('./routes/create-routes.js')
    return createRoutes(options)
  })

  return {
    name: 'nango',
    owns(target) {
      return owned.test(prefix !== '' && target.startsWith(`${prefix}/`) ? target.slice(prefix.length) : target)
    },
    read(incoming) {
      const { path, query } = splitTarget(incoming.target, prefix)
      const headers = readHeaders(incoming.headers)
      const isWithoutKey = localKey !== undefined && !headers.isAuthorized && isLocalCall(incoming, headers)
      const bearer = isWithoutKey ? localKey : headers.bearer
      const endpoint = readEndpoint(path)
      if (endpoint !== undefined) return readProxyCall(incoming, endpoint, query, headers, bearer)
      return {
        kind: 'route',
        async respond(request, context) {
          if (bearer === undefined) throw noToken(headers)
          const routes = await loadRoutes()
          return routes(request, { path, query, bearer, origin: headers.origin, ...context })
        },
      }
    },
    describeError,
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
