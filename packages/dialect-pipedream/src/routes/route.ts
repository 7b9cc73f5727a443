import { type Caller, type Environment, ProxyError, requireOrigin, requireScope, type Scope } from '@proxy/core'
import { z } from 'zod'
import { readFields } from '../read-fields.js'
import type { CallHeaders } from '../read-headers.js'
import { parseJson, readBody, readText } from '../read-json.js'
import type { ScopeName } from '../tokens/scope-names.js'

/** A call to a management route, as the dialect read it from the raw request. */
export interface RouteInput {
  readonly path: string
  readonly query: string
  readonly headers: CallHeaders
  readonly remoteAddress: string
}

/** What is said of a route once: it checks the call, and the OpenAPI document is made from it. */
export interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** With `{name}` for parameters; `{name+}` takes the rest of the path. */
  readonly path: string
  /** Other spellings of the path: of older clients, or without a project. */
  readonly aliases?: readonly string[]
  readonly tag: string
  readonly summary: string
  /** Undefined: any caller may. */
  readonly scope: ScopeName | undefined
  /** Whether a connect token may call it. */
  readonly forBrowsers: boolean
  readonly params: P
  readonly query: Q
  /** `z.undefined()` for a route that takes none. */
  readonly body: B
  readonly status: 200 | 204
  /** Undefined for an empty answer. */
  readonly answer: z.ZodType | undefined
}

/** A call that passed every check. */
export interface CheckedCall<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly caller: Caller
  /** What proved the caller. */
  readonly bearer: string | undefined
  readonly scope: Scope
}

/** A route without its types: for the table and for the document. */
export interface Route {
  readonly spec: RouteSpec<z.ZodType, z.ZodType, z.ZodType>
  /** Answers a call by a caller who is known. */
  respond(
    request: Request,
    params: Readonly<Record<string, string>>,
    input: RouteInput,
    caller: Caller,
  ): Promise<Response>
}

const maxBodyBytes = 256 * 1024

export const noBody = z.undefined()

export function defineRoute<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  spec: RouteSpec<P, Q, B>,
  handle: (call: CheckedCall<z.output<P>, z.output<Q>, z.output<B>>) => Promise<unknown> | unknown,
): Route {
  return {
    spec,
    async respond(request, rawParams, input, caller) {
      requireOrigin(caller, input.headers.origin)
      if (caller.kind === 'connect-token' && !spec.forBrowsers) {
        throw new ProxyError('insufficient_scope', 'A connect token cannot do this.')
      }
      if (spec.scope !== undefined) requireScope(caller.scopes, spec.scope)
      const scope = scopeOf(caller, rawParams.project, input.headers.environment)
      const params = check(spec.params, rawParams, 'path')
      const query = check(spec.query, readFields(input.query), 'query')
      const body = check(
        spec.body,
        spec.body instanceof z.ZodUndefined ? undefined : await readJsonBody(request),
        'body',
      )
      const answer = await handle({ params, query, body, caller, bearer: input.headers.bearer, scope })
      return spec.answer === undefined ? new Response(null, { status: spec.status }) : jsonAnswer(answer, spec.status)
    },
  }
}

/** Where the caller may look. A project or environment that is not the caller's own is not there. */
function scopeOf(caller: Caller, named: string | undefined, wanted: Environment | undefined): Scope {
  const asked = caller.kind === 'connect-token' ? undefined : wanted
  const environment = asked ?? caller.environment ?? 'production'
  const otherEnvironment = caller.environment !== undefined && environment !== caller.environment
  if ((named !== undefined && named !== caller.project) || otherEnvironment) throw notFound()
  return { project: caller.project, environment }
}

async function readJsonBody(request: Request): Promise<unknown> {
  const text = readText(await readBody(request, maxBodyBytes))
  const type = request.headers.get('content-type')
  if (text !== '' && type !== null && !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new ProxyError('invalid_request', 'The body must be JSON, with content-type application/json.')
  }
  return text === '' ? {} : parseJson(text, 'The body')
}

/** The value as the schema gives it, or `invalid_request` naming the first field that is wrong and never its value. */
function check<T extends z.ZodType>(schema: T, value: unknown, place: string): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.path.join('.') ?? ''
  throw invalidField(field === '' ? place : field, issue?.message ?? 'is invalid')
}

export function invalidField(field: string, reason: string): ProxyError {
  return new ProxyError('invalid_request', `${field}: ${reason}`, { details: { field } })
}

/** Every record that is unknown or belongs to somebody else. */
export function notFound(): ProxyError {
  return new ProxyError('record_not_found', 'record not found')
}

export function jsonAnswer(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}
