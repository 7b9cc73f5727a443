import { ProxyError } from './errors.js'
import { usualMethods } from './methods.js'

/** Bounds on the head of a request, in bytes. */
export interface HeadLimits {
  /** Raw request target; beyond it 414. */
  readonly maxTargetBytes: number
  /** All header fields together; beyond it 431. */
  readonly maxHeaderBytes: number
  /** Header fields; beyond it 431. */
  readonly maxHeaderCount: number
}

export const defaultHeadLimits: HeadLimits = {
  maxTargetBytes: 16 * 1024,
  maxHeaderBytes: 32 * 1024,
  maxHeaderCount: 128,
}

/** The parts of a parsed request that decide whether its meaning is beyond doubt. */
export interface RequestHead {
  readonly method: string
  /** Raw and undecoded. */
  readonly target: string
  /** `1.1` */
  readonly httpVersion: string
  /** Flat, as received. */
  readonly rawHeaders: readonly string[]
}

/** What is known of the body before the first byte of it. */
export interface Framing {
  readonly hasBody: boolean
  /** Bytes; undefined when the body is chunked. */
  readonly length: number | undefined
}

const noBody: Framing = { hasBody: false, length: 0 }
const chunkedBody: Framing = { hasBody: true, length: undefined }

/**
 * Refuses what a parser lets pass but two readers could understand differently (RFC 9112 sections 3.2, 6 and 11.2), for
 * every runtime alike: throws a `ProxyError`, after which the connection must close. Else says how the body is framed.
 */
export function checkRequest(head: RequestHead, limits: HeadLimits): Framing {
  checkTarget(head, limits)
  if (head.httpVersion !== '1.1' && head.httpVersion !== '1.0') {
    throw invalid(`HTTP/${head.httpVersion} is not spoken here.`)
  }
  return checkHeaders(head, limits)
}

function checkTarget({ method, target }: RequestHead, limits: HeadLimits): void {
  if (target.length > limits.maxTargetBytes) {
    throw new ProxyError('uri_too_long', `The request target is longer than ${limits.maxTargetBytes} bytes.`)
  }
  if (method === 'TRACE' || method === 'TRACK' || method === 'CONNECT') {
    throw new ProxyError('method_not_allowed', `${method} is not allowed.`, { details: { allow: usualMethods } })
  }
  // Origin form alone: `/path`. Absolute form, `*` and `//host` could each name another host than the Host header.
  if (target.charCodeAt(0) !== 47 || target.charCodeAt(1) === 47 || target.includes('#')) {
    throw invalid('The request target must be a path that starts with one slash.')
  }
}

function checkHeaders({ httpVersion, rawHeaders }: RequestHead, limits: HeadLimits): Framing {
  if (rawHeaders.length > 2 * limits.maxHeaderCount) {
    throw new ProxyError('headers_too_large', `There are more than ${limits.maxHeaderCount} header fields.`)
  }
  let bytes = 0
  let hosts = 0
  let authorizations = 0
  let environments = 0
  let framing = noBody
  let hasLength = false
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    const value = rawHeaders[index + 1] ?? ''
    bytes += name.length + value.length + 4
    // By length first: most names need no comparison at all.
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'host') {
          hosts += 1
          if (!isHost(value)) throw invalid('The Host header is malformed.')
        }
        break
      case 13:
        if (name.toLowerCase() === 'authorization') authorizations += 1
        break
      case 14:
        if (name.toLowerCase() === 'content-length') {
          if (hasLength || !/^\d{1,15}$/.test(value)) throw invalid('The Content-Length header is malformed.')
          hasLength = true
          if (framing !== chunkedBody) framing = framingOf(Number(value))
        }
        break
      case 16:
        if (name.toLowerCase() === 'x-pd-environment') environments += 1
        break
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') {
          if (httpVersion === '1.0') throw invalid('Transfer-Encoding is not known in HTTP/1.0.')
          if (framing === chunkedBody || value !== 'chunked') {
            throw invalid('Transfer-Encoding must be exactly "chunked".')
          }
          framing = chunkedBody
        }
        break
      default:
    }
  }
  if (bytes > limits.maxHeaderBytes) {
    throw new ProxyError('headers_too_large', `The header fields are longer than ${limits.maxHeaderBytes} bytes.`)
  }
  if (framing === chunkedBody && hasLength) throw invalid('Content-Length and Transfer-Encoding exclude each other.')
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) throw invalid('There must be exactly one Host header.')
  if (authorizations > 1) throw invalid('There must be at most one Authorization header.')
  if (environments > 1) throw invalid('There must be at most one x-pd-environment header.')
  return framing
}

function framingOf(length: number): Framing {
  return length === 0 ? noBody : { hasBody: true, length }
}

/** The last one that was fine: nearly all requests of a server name the same. */
let latestHost: string | undefined

/** RFC 9110 section 7.2, `uri-host [":" port]`, without the punctuation that no host has. */
function isHost(value: string): boolean {
  if (value === latestHost) return true
  if (!/^(?:[A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/.test(value)) return false
  latestHost = value
  return true
}

function invalid(message: string): ProxyError {
  return new ProxyError('invalid_request', message)
}
