/**
 * Redis did not do what it was asked. `code` is the system's (`ECONNREFUSED`), the server's (`OOM`, `READONLY`), or one
 * of `timeout`, `not-connected` and `unknown`. No field holds what was sent: errors of the client do, and are not kept.
 */
export class RedisFault extends Error {
  override readonly name = 'RedisFault'
  readonly code: string

  constructor(code: string) {
    super(`Redis failed: ${code}.`)
    this.code = code
  }
}

const closedMessages = /connection is closed|stream isn't writeable|cluster isn't ready|cluster is ended/i
/** An answer of the server begins with a word such as `WRONGTYPE`. */
const serverCode = /^-?([A-Z][A-Z0-9_]{1,30})(?: |$)/

/** Any error of the client, without its message and the command it carries. */
export function toFault(error: unknown): RedisFault {
  if (error instanceof RedisFault) return error
  if (!(error instanceof Error)) return new RedisFault('unknown')
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) return toFault(error.lastNodeError)
  if ('code' in error && typeof error.code === 'string') return new RedisFault(error.code)
  const code = serverCode.exec(error.message)?.[1]
  if (code !== undefined) return new RedisFault(code)
  return new RedisFault(closedMessages.test(error.message) ? 'not-connected' : 'unknown')
}
