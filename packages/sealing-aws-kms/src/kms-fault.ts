/** A failed call of KMS, without anything that KMS or the SDK said about its contents. */
export class KmsFault extends Error {
  override readonly name = 'KmsFault'
  /** True when the next try may succeed: throttled, slow, broken or out of reach. */
  readonly isAway: boolean

  constructor(operation: string, reason: string, isAway: boolean) {
    super(`KMS, ${operation}: ${reason}`)
    this.isAway = isAway
  }
}

/** The fault behind an error that the SDK threw. */
export function toKmsFault(error: unknown, operation: string): KmsFault {
  const {
    name = 'Error',
    message,
    code,
    $metadata,
  } = (typeof error === 'object' && error !== null ? error : {}) as SdkError
  if (/^Region (?:is missing|not accepted)/.test(message ?? '')) {
    return new KmsFault(operation, 'the region is missing or not valid', false)
  }
  const reason = typeof code === 'string' ? `${name} ${code}` : name
  const status = $metadata?.httpStatusCode
  const isOwn = name === 'CredentialsProviderError'
  const isAway = status === undefined || status >= 500 || status === 429 || /Throttl|TooManyRequests|Timeout/.test(name)
  return new KmsFault(operation, reason, isAway && !isOwn)
}

interface SdkError {
  readonly name?: string
  readonly message?: string
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
}
