import type { RequestBody } from './ports/transport.js'
import type { Target } from './target.js'

/** A request on its way through the steps: what will go upstream. Steps return a new one. */
export interface UpstreamCall {
  readonly method: string
  readonly target: Target
  /** Flat, names in lower case. */
  readonly headers: readonly string[]
  readonly body: RequestBody | undefined
  readonly bodyLength: number | undefined
}
