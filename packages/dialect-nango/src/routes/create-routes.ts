import { type Caller, ProxyError } from '@proxy/core'
import { type Context, Hono } from 'hono'
import type { NangoDialectOptions } from '../options.js'
import { Refusal } from '../refusal.js'
import { connectionRoutes } from './connections.js'
import { integrationRoutes } from './integrations.js'
import { metadataRoutes } from './metadata.js'
import { providerRoutes } from './providers.js'
import type { Route, RouteInput } from './route.js'
import { routeParts } from './route-parts.js'
import { sessionRoutes } from './sessions.js'

/** Answers one call to a management route. Rejects with a `ProxyError` for every refusal. */
export type Routes = (request: Request, input: RouteInput) => Promise<Response>

interface Environment {
  Bindings: RouteInput
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export function createRoutes(options: NangoDialectOptions): Routes {
  const parts = routeParts(options)
  // Paths with a fixed word in an id's place stand before those with the id: the first match answers.
  const routes: readonly Route[] = [
    ...metadataRoutes(parts),
    ...connectionRoutes(parts),
    ...integrationRoutes(parts),
    ...providerRoutes(parts),
    ...sessionRoutes(parts),
  ]
  // The raw path is matched, since the request's own has its dot segments resolved.
  const router = new Hono<Environment>({ getPath: (_request, extra) => extra?.env?.path ?? '/' })
  router.onError((error) => {
    throw error
  })
  for (const route of routes) {
    for (const path of route.paths) router.on(route.method, routerPath(path), (context) => answer(route, context))
  }
  router.notFound(async (context) => {
    await authenticate(context)
    const { path } = context.env
    const allow = methods.filter((method) => router.router.match(method, path)[0].length > 0)
    if (allow.length === 0) throw notServed(path)
    throw new ProxyError('method_not_allowed', `This route has no ${context.req.method}.`, { details: { allow } })
  })

  async function answer(route: Route, context: Context<Environment>): Promise<Response> {
    const caller = await authenticate(context)
    return route.respond(context.req.raw, pathParameters(context), context.env, caller)
  }

  async function authenticate({ env }: Context<Environment>): Promise<Caller> {
    return parts.authenticator.authenticate(env.bearer, env.remoteAddress)
  }

  return async (request, input) => router.fetch(request, input)
}

function notServed(path: string): Refusal {
  const [, first = ''] = path.split('/')
  const message = outOfScope.has(first)
    ? 'Syncs, actions, records and scripts are out of scope: this server serves proxied calls, connections and integrations.'
    : 'There is no such route.'
  return new Refusal('route_not_found', 'not_found', message)
}

const outOfScope: ReadonlySet<string> = new Set([
  'sync',
  'syncs',
  'action',
  'actions',
  'records',
  'scripts',
  'flows',
  'functions',
  'environment-variables',
])

/** Strictly decoded, where the router would pass on what it cannot decode. */
function pathParameters(context: Context<Environment>): Readonly<Record<string, string>> {
  try {
    decodeURIComponent(context.env.path)
  } catch {
    throw new Refusal('invalid_request', 'invalid_uri_params', 'The path is not percent-encoded UTF-8.')
  }
  return context.req.param()
}

/** `{name}` and `{name+}` in the router's spelling. */
function routerPath(path: string): string {
  return path.replaceAll(/\{(\w+)(\+?)\}/g, (_, name: string, rest: string) => `:${name}${rest === '' ? '' : '{.+}'}`)
}
