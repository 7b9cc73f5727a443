import { type Caller, ProxyError } from '@proxy/core'
import { type Context, Hono } from 'hono'
import { oauthEndpoints } from '../oauth/oauth-endpoints.js'
import type { PipedreamDialectOptions } from '../options.js'
import { decodeSegment } from '../percent.js'
import { accountRoutes } from './accounts.js'
import { appRoutes } from './apps.js'
import { connectTokenRoutes } from './connect-tokens.js'
import { oauthAppRoutes } from './oauth-apps.js'
import { projectRoutes } from './projects.js'
import { rateLimitRoutes } from './rate-limits.js'
import { jsonAnswer, type Route, type RouteInput } from './route.js'
import { routeParts } from './route-parts.js'
import { usageRoutes } from './usage.js'
import { userRoutes } from './users.js'

/** Answers one call to a management route. Rejects with a `ProxyError` for every refusal. */
export type Routes = (request: Request, input: RouteInput) => Promise<Response>

interface Environment {
  Bindings: RouteInput
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export function createRoutes(options: PipedreamDialectOptions): Routes {
  const parts = routeParts(options)
  // Paths with a fixed word in the project's place stand before those with a project: the first match answers.
  const routes: readonly Route[] = [
    ...appRoutes(parts),
    ...projectRoutes(parts),
    ...usageRoutes(),
    ...rateLimitRoutes(parts),
    ...connectTokenRoutes(parts),
    ...oauthAppRoutes(parts),
    ...userRoutes(parts),
    ...accountRoutes(parts),
  ]
  // The raw path is matched, since the request's own has its dot segments resolved.
  const router = new Hono<Environment>({ getPath: (_request, extra) => extra?.env?.path ?? '/' })
  router.onError((error) => {
    throw error
  })

  for (const { method, path, respond } of oauthEndpoints(parts)) {
    router.on(method, path, (context) => respond(context.req.raw, context.env))
  }
  router.get('/openapi.json', async () => {
    const { openApiDocument } = await import('./openapi.js')
    return jsonAnswer(openApiDocument(routes, parts.baseUrl))
  })
  for (const route of routes) {
    for (const path of [route.spec.path, ...(route.spec.aliases ?? [])]) {
      router.on(route.spec.method.toUpperCase(), routerPath(path), (context) => answer(route, context))
    }
  }
  router.notFound((context) => {
    const path = context.env.path
    const allow = methods.filter((method) => router.router.match(method, path)[0].length > 0)
    if (allow.length === 0) throw new ProxyError('route_not_found', 'There is no such route.')
    throw new ProxyError('method_not_allowed', `This route has no ${context.req.method}.`, { details: { allow } })
  })

  async function answer(route: Route, context: Context<Environment>): Promise<Response> {
    const { bearer, remoteAddress } = inputOf(context)
    const caller = await parts.authenticator.authenticate(bearer, remoteAddress)
    const response = await route.respond(context.req.raw, pathParameters(context), context.env, caller)
    return withCors(response, caller, context.env.headers.origin)
  }

  return async (request, input) => router.fetch(request, input)
}

function inputOf({ env }: Context<Environment>) {
  return { bearer: env.headers.bearer, remoteAddress: env.remoteAddress }
}

/** Strictly decoded, where the router would pass on what it cannot decode. */
function pathParameters(context: Context<Environment>): Readonly<Record<string, string>> {
  decodeSegment(context.env.path, 'The path')
  return context.req.param()
}

function withCors(response: Response, caller: Caller, origin: string | undefined): Response {
  if (caller.kind !== 'connect-token' || origin === undefined) return response
  const headers = new Headers(response.headers)
  headers.set('access-control-allow-origin', origin)
  headers.set('access-control-expose-headers', '*')
  headers.set('vary', 'origin')
  return new Response(response.body, { status: response.status, headers })
}

/** `{name}` and `{name+}` in the router's spelling. */
function routerPath(path: string): string {
  return path.replaceAll(/\{(\w+)(\+?)\}/g, (_, name: string, rest: string) => `:${name}${rest === '' ? '' : '{.+}'}`)
}
