import { type Caller, ProxyError, requireOrigin, requireScope, type Scope } from '@proxy/core'
import { z } from 'zod'
import { invalid, Refusal } from '../refusal.js'
import { readJsonBody } from './read-json.js'

/** A call to a management route, as the dialect read it from the raw request. */
export interface RouteInput {
  readonly path: string
  readonly query: string
  readonly bearer: string
  readonly origin: string | undefined
  readonly remoteAddress: string
}

export interface RouteSpec<Q extends z.ZodType, B extends z.ZodType> {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** With `{name}` for a segment; `{name+}` takes the rest of the path. */
  readonly path: string
  /** Older spellings of the path. */
  readonly aliases?: readonly string[]
  readonly scope: string
  readonly query: Q
  readonly body: B
}

export interface CheckedCall<Q, B> {
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Q
  readonly body: B
  readonly caller: Caller
  /** What proved the caller. */
  readonly bearer: string
  readonly scope: Scope
}

export interface Route {
  readonly method: string
  readonly paths: readonly string[]
  respond(
    request: Request,
    params: Readonly<Record<string, string>>,
    input: RouteInput,
    caller: Caller,
  ): Promise<Response>
}

export const noQuery = z.object({})
export const noBody = z.undefined()

export function defineRoute<Q extends z.ZodType, B extends z.ZodType>(
  spec: RouteSpec<Q, B>,
  handle: (call: CheckedCall<z.output<Q>, z.output<B>>) => Promise<Response>,
): Route {
  return {
    method: spec.method.toUpperCase(),
    paths: [spec.path, ...(spec.aliases ?? [])],
    async respond(request, params, input, caller) {
      requireOrigin(caller, input.origin)
      if (caller.kind === 'connect-token') {
        throw new ProxyError('insufficient_scope', 'A token for a browser cannot do this.')
      }
      requireScope(caller.scopes, spec.scope)
      const scope: Scope = { project: caller.project, environment: caller.environment ?? 'production' }
      const query = check(spec.query, readQuery(input.query), 'invalid_query_params')
      const body = check(
        spec.body,
        spec.body instanceof z.ZodUndefined ? undefined : await readJsonBody(request),
        'invalid_body',
      )
      return handle({ params, query, body, caller, bearer: input.bearer, scope })
    },
  }
}

/** Texts by name; of a repeated name the last one counts. */
function readQuery(query: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(query)) fields[name] = value
  return fields
}

/** The value as the schema gives it. Throws with every fault at once, none of them holding a value. */
function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
  spelled: 'invalid_query_params' | 'invalid_body',
): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const faults = result.error.issues.map(({ code, message, path }) => ({
    code,
    message,
    path: path.map((part) => (typeof part === 'number' ? part : String(part))),
  }))
  throw invalid(spelled, faults)
}

export function answer(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}

/** A record of a management route that is not there, or is somebody else's. */
export function missing(spelled: string, message: string, answeredStatus = 404): Refusal {
  return new Refusal('record_not_found', spelled, message, { answeredStatus })
}
