import { type ErrorCode, ProxyError, type ProxyErrorOptions } from '@proxy/core'

/** One thing that is wrong with a request, as Nango names it. */
export interface Fault {
  readonly code: string
  readonly message: string
  readonly path: readonly (string | number)[]
}

export interface RefusalOptions extends ProxyErrorOptions {
  /** All faults at once; then the answer has `errors` in place of a message. */
  readonly faults?: readonly Fault[]
  /** Status of the answer, when it is not that of `code`. */
  readonly answeredStatus?: number
}

/** A refusal for which Nango has a word of its own, beside the engine's code for logs and metrics. */
export class Refusal extends ProxyError {
  readonly spelled: string
  readonly faults: readonly Fault[] | undefined
  readonly answeredStatus: number

  constructor(code: ErrorCode, spelled: string, message: string, options: RefusalOptions = {}) {
    super(code, message, options)
    this.spelled = spelled
    this.faults = options.faults
    this.answeredStatus = options.answeredStatus ?? this.status
  }
}

/** `invalid_headers`, `invalid_body` and their like, with every fault. */
export function invalid(
  spelled: 'invalid_headers' | 'invalid_query_params' | 'invalid_uri_params' | 'invalid_body',
  faults: readonly Fault[],
): Refusal {
  const message = faults.map(({ path, message: text }) => `${path.join('.')}: ${text}`).join('; ')
  return new Refusal('invalid_request', spelled, message, { faults })
}
