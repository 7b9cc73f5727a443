import type { Environment } from '../account.js'
import type { ProxyError } from '../errors.js'
import type { IncomingCall } from './exchange.js'

/** How a call names the account it wants to act for. `externalUserId` is undefined when the token says it. */
export type AccountSelector =
  | { readonly by: 'id'; readonly id: string; readonly externalUserId: string | undefined }
  | { readonly by: 'user'; readonly externalUserId: string | undefined }
  | { readonly by: 'external-id'; readonly app: string; readonly externalId: string }

/** A proxied call, read from a dialect's wire form. */
export interface ProxyCall {
  readonly kind: 'proxy'
  readonly bearer: string | undefined
  readonly method: string
  /** Undefined when the token says it. */
  readonly project: string | undefined
  /** Undefined when the token says it. */
  readonly environment: Environment | undefined
  readonly account: AccountSelector
  /** A full URL or a path, as the caller meant it, raw. */
  readonly target: string
  /**
   * A full URL may name any of the account's hosts, also where the app's base depends on the account; one that starts
   * with the base is taken as the path below it. Default false.
   */
  readonly takesFullUrls?: boolean
  /** Raw query to append to the target's, without `?`; empty for none. */
  readonly query: string
  /** A base URL in place of the app's, subject to the same rules; undefined for the app's own. */
  readonly baseUrl: string | undefined
  /**
   * Headers for the upstream: flat, names in lower case with the prefix taken off, as the caller gave them. Those that
   * frame a request or belong to one connection are left out.
   */
  readonly headers: readonly string[]
  /** The outer `Content-Type`, used when `headers` has none and there is a body. */
  readonly contentType: string | undefined
  /** Token of a custom rate window; undefined for none. */
  readonly rateLimitToken: string | undefined
  readonly retries: RetryWish | undefined
  /** The `Origin` of a browser's call; undefined for all others. */
  readonly origin: string | undefined
  /** Flat; added to the answer, such as CORS headers. */
  readonly answerHeaders: readonly string[]
  /** What is wrong with the call, in wire forms that tell it to proven callers alone. */
  readonly fault?: ProxyError
}

/** What the caller asked for. */
export interface RetryWish {
  /** Extra attempts, 0 to 10; undefined leaves it to the app. */
  readonly attempts: number | undefined
  /** Further statuses worth a retry. */
  readonly statuses: readonly number[]
}

/** A management route: web-standard objects, off the hot path. */
export interface RouteCall {
  readonly kind: 'route'
  /** Gets a HEAD as the GET whose head it asks for; the body of the answer is left out. */
  respond(request: Request, context: RouteContext): Promise<Response>
}

export interface RouteContext {
  readonly requestId: string
  readonly remoteAddress: string
}

export interface ErrorAnswer {
  readonly status: number
  /** Flat; without `content-length` and `x-request-id`, which the pipeline adds. */
  readonly headers: readonly string[]
  readonly body: string
}

/** One vendor's wire protocol. */
export interface Dialect {
  readonly name: string
  /** True when the raw target is in this wire form; then `read` and `describeError` are this dialect's. */
  owns(target: string): boolean
  /** Throws a `ProxyError` when the request is malformed, or `route_not_found`. */
  read(call: IncomingCall): ProxyCall | RouteCall
  /** Spells an error; total over `ErrorCode`. */
  describeError(error: ProxyError, call: IncomingCall): ErrorAnswer
}
