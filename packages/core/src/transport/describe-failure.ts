import { type ErrorCode, ProxyError } from '../errors.js'
import type { SendFailure } from '../ports/transport.js'
import { UpstreamError } from '../upstream-error.js'

const messages = {
  upstream_dns: 'The host name of the upstream could not be resolved.',
  upstream_connect: 'The connection to the upstream failed.',
  upstream_tls: 'The upstream did not prove its identity by TLS.',
  upstream_protocol: 'The upstream sent an answer that is not valid HTTP.',
  upstream_timeout: 'The upstream did not answer in time.',
} as const satisfies Partial<Record<ErrorCode, string>>

type UpstreamCode = keyof typeof messages

const codeByErrno: Readonly<Record<string, UpstreamCode>> = {
  ENOTFOUND: 'upstream_dns',
  EAI_AGAIN: 'upstream_dns',
  ETIMEDOUT: 'upstream_timeout',
  UND_ERR_CONNECT_TIMEOUT: 'upstream_timeout',
  UND_ERR_HEADERS_OVERFLOW: 'upstream_protocol',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'upstream_protocol',
  UND_ERR_NOT_SUPPORTED: 'upstream_protocol',
  EPROTO: 'upstream_tls',
}

const tlsErrno = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|UNABLE_TO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|CRL_)/

function classify(error: unknown): UpstreamCode {
  const errno = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  // undici's parser names no code for what is not HTTP, and asserts a status of 100 and more.
  if (error instanceof Error && (error.name === 'HTTPParserError' || errno === 'ERR_ASSERTION'))
    return 'upstream_protocol'
  if (tlsErrno.test(errno)) return 'upstream_tls'
  return codeByErrno[errno] ?? 'upstream_connect'
}

/** An undici or socket error as ours. A `ProxyError` (guard, body cap) keeps its code. */
export function describeFailure(error: unknown, facts: SendFailure): UpstreamError {
  if (error instanceof UpstreamError) return error
  if (error instanceof ProxyError) return new UpstreamError(error.code, error.message, { ...facts, cause: error.cause })
  const code = classify(error)
  return new UpstreamError(code, messages[code], { ...facts, cause: error })
}

export function timeoutFailure(facts: SendFailure): UpstreamError {
  return new UpstreamError('upstream_timeout', messages.upstream_timeout, facts)
}

export function protocolFailure(facts: SendFailure): UpstreamError {
  return new UpstreamError('upstream_protocol', messages.upstream_protocol, facts)
}
