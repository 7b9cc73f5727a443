import type { Clock, ErrorAnswer, IncomingCall, OpenAnswer, ProxyError } from '@proxy/core'
import type { LambdaLimits } from './limits.js'

/** What answers calls: a proxy, or a host's own routes in front of one. */
export interface CallHandler {
  handle(call: IncomingCall, open: OpenAnswer): Promise<void>
}

/** The part of Lambda's context that is used. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number
}

export interface LambdaOptions {
  readonly limits?: Partial<LambdaLimits>
  /** Spells what only the runtime knows of, such as the function's time limit. Default: `{"error","code"}`. */
  readonly describeError?: (error: ProxyError, call: IncomingCall) => ErrorAnswer
  /** Taken off the start of paths, as a custom domain's mapping puts it there. Without a slash at the end. */
  readonly basePath?: string
  /**
   * Encodes again what must have been encoded in a path, where the front has decoded it (HTTP APIs). Default: as it came.
   *
   * @example (path) => path.replace(/(?<=\/proxy\/).+/, (segment) => segment.replaceAll('/', '%2F'))
   */
  readonly restorePath?: (path: string) => string
  /** A fault that no caller can be told of: a bug, or an answer that was cut. Must not throw. */
  readonly onFault?: (fault: unknown) => void
  readonly clock?: Clock
}
