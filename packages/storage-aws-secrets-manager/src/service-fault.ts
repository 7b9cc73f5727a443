/**
 * What a failed call means. `absent`: no such secret or version. `deleted`: it waits for its deletion. `exists`: the
 * name is taken. `guarded`: a stage is held by another version than the one named. `refused`: not allowed, or not
 * possible, now or at the next try. `away`: throttled, slow, broken or out of reach.
 */
export type FaultKind = 'absent' | 'deleted' | 'exists' | 'guarded' | 'refused' | 'away'

interface FaultFacts {
  readonly code?: string
  readonly isIdentity?: boolean
}

/** A failed call, without anything that the service or the SDK said about its contents. */
export class ServiceFault extends Error {
  override readonly name = 'ServiceFault'
  readonly kind: FaultKind
  /** What the service calls it, such as `AccessDeniedException`; undefined for a fault that is not the service's. */
  readonly code: string | undefined
  /** True when the service does not take the credentials of this process: then every call would fail. */
  readonly isIdentity: boolean

  constructor(kind: FaultKind, operation: string, reason: string, { code, isIdentity = false }: FaultFacts = {}) {
    super(`Secrets Manager, ${operation}: ${reason}`)
    this.kind = kind
    this.code = code
    this.isIdentity = isIdentity
  }
}

export function isFault(error: unknown, kind: FaultKind): boolean {
  return error instanceof ServiceFault && error.kind === kind
}

const kinds: ReadonlyMap<string, FaultKind> = new Map([
  ['ResourceNotFoundException', 'absent'],
  ['InvalidRequestException', 'deleted'],
  ['ResourceExistsException', 'exists'],
  ['InvalidParameterException', 'guarded'],
])

const identityFaults: ReadonlySet<string> = new Set([
  'ExpiredTokenException',
  'ExpiredToken',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'IncompleteSignatureException',
  'MissingAuthenticationTokenException',
  'CredentialsProviderError',
])

/** The fault behind an error that the SDK threw. */
export function toServiceFault(error: unknown, operation: string): ServiceFault {
  if (error instanceof ServiceFault) return error
  const {
    name = 'Error',
    message,
    code,
    $metadata,
  } = (typeof error === 'object' && error !== null ? error : {}) as SdkError
  const reason = [name, code, $metadata?.requestId].filter((part) => typeof part === 'string').join(' ')
  if (/^Region (?:is missing|not accepted)/.test(message ?? '')) {
    return new ServiceFault('refused', operation, 'the region is missing or not valid', { isIdentity: true })
  }
  if (identityFaults.has(name)) return new ServiceFault('refused', operation, reason, { code: name, isIdentity: true })
  const kind = kinds.get(name)
  if (kind !== undefined) return new ServiceFault(kind, operation, reason, { code: name })
  const status = $metadata?.httpStatusCode
  const isAway = status === undefined || status >= 500 || status === 429 || /Throttl|TooManyRequests|Timeout/.test(name)
  return new ServiceFault(isAway ? 'away' : 'refused', operation, reason, { code: name })
}

interface SdkError {
  readonly name?: string
  readonly message?: string
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
}
