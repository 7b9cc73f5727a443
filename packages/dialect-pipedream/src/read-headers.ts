import { type Environment, isHeaderName, isHeaderValue, ProxyError } from '@proxy/core'
import { isRestricted } from './restricted-headers.js'

const proxyPrefix = 'x-pd-proxy-'
const bearerPattern = /^bearer +([!-~]+) *$/i

/** What this wire form reads of a request's headers. */
export interface CallHeaders {
  bearer: string | undefined
  environment: Environment | undefined
  contentType: string | undefined
  rateLimitToken: string | undefined
  origin: string | undefined
  /** True when `Access-Control-Request-Method` is there: with `OPTIONS` and `Origin` that is a preflight. */
  asksForMethod: boolean
  /** For the upstream: flat, lower case, exactly one prefix taken off. */
  readonly forwarded: string[]
}

/**
 * One pass over the flat list; a name is put into lower case only when its length or start says that it may count.
 * Throws `unsupported_header` for a restricted name behind the prefix, `invalid_request` for what may stand only once.
 */
export function readHeaders(headers: readonly string[]): CallHeaders {
  const found: CallHeaders = {
    bearer: undefined,
    environment: undefined,
    contentType: undefined,
    rateLimitToken: undefined,
    origin: undefined,
    asksForMethod: false,
    forwarded: [],
  }
  let authorized = false
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    const value = headers[index + 1] as string
    if (isOurs(name)) {
      readOurs(found, name, value)
      continue
    }
    switch (name.length) {
      case 6:
        if (found.origin === undefined && name.toLowerCase() === 'origin') found.origin = value
        break
      case 12:
        if (name.toLowerCase() === 'content-type') found.contentType = once(found.contentType, name, value)
        break
      case 13:
        if (name.toLowerCase() === 'authorization') {
          if (authorized) throw repeated(name)
          authorized = true
          found.bearer = bearerOf(value)
        }
        break
      case 29:
        if (name.toLowerCase() === 'access-control-request-method') found.asksForMethod = true
        break
    }
  }
  return found
}

/** The usual spelling by itself, as the pattern takes six times as long. A byte that no token has makes it an invalid one. */
function bearerOf(value: string): string | undefined {
  if (value.length > 7 && value.startsWith('Bearer ') && !value.includes(' ', 7)) return value.slice(7)
  return bearerPattern.exec(value)?.[1]
}

/** True for `x-pd-…` in any case. */
function isOurs(name: string): boolean {
  return (
    name.length > 5 &&
    name.charCodeAt(1) === 45 &&
    name.charCodeAt(4) === 45 &&
    (name.charCodeAt(0) | 32) === 120 &&
    (name.charCodeAt(2) | 32) === 112 &&
    (name.charCodeAt(3) | 32) === 100
  )
}

function readOurs(found: CallHeaders, name: string, value: string): void {
  const lower = name.toLowerCase()
  if (lower.startsWith(proxyPrefix)) forward(found.forwarded, name, lower.slice(proxyPrefix.length), value)
  else if (lower === 'x-pd-environment') {
    if (found.environment !== undefined) throw repeated(name)
    found.environment = readEnvironment(value)
  } else if (lower === 'x-pd-rate-limit') found.rateLimitToken = once(found.rateLimitToken, name, value)
}

function forward(forwarded: string[], sent: string, name: string, value: string): void {
  if (isRestricted(name)) {
    throw new ProxyError('unsupported_header', `Unsupported header: ${sent.slice(proxyPrefix.length)}`)
  }
  if (!isHeaderName(name)) throw new ProxyError('invalid_request', `The header ${proxyPrefix}* must name a header.`)
  if (!isHeaderValue(value))
    throw new ProxyError('invalid_request', `The header ${sent} has a value that HTTP does not allow.`)
  forwarded.push(name, value)
}

function readEnvironment(value: string): Environment {
  // The literal itself is one string for all calls: looking it up costs no hashing.
  if (value === 'production') return 'production'
  if (value === 'development') return 'development'
  throw new ProxyError('invalid_request', 'The header x-pd-environment must be development or production.')
}

function once(before: string | undefined, name: string, value: string): string {
  if (before !== undefined) throw repeated(name)
  return value
}

function repeated(name: string): ProxyError {
  return new ProxyError('invalid_request', `The header ${name.toLowerCase()} is repeated.`)
}
