import { ProxyError } from './errors.js'
import { findHeader } from './headers.js'
import type { RequestBody, UpstreamResponse } from './ports/transport.js'
import { isFullUrl, parseTarget, type Target } from './target.js'

export const redirectsMax = 5

/** Where an answer points; undefined when it is no redirect. */
export function redirectLocation(response: UpstreamResponse): string | undefined {
  switch (response.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return findHeader(response.headers, 'location')
    default:
      return undefined
  }
}

/** Header values come with a character for each byte, so that UTF-8 in them must be encoded byte by byte. */
const highByte = /[\u0080-\u00ff]/g

function percentEncoded(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`
}

/** The target of a `Location`, by the same strict rules as a caller's URL. */
export function redirectTarget(location: string, from: Target): Target {
  try {
    const text = location.replace(highByte, percentEncoded)
    return parseTarget(isFullUrl(text) ? text : absolute(text, from))
  } catch (error) {
    throw redirectDenied('leads to an address that is not valid', error)
  }
}

/** Resolves a relative reference (RFC 3986, 5.2.2). */
function absolute(location: string, from: Target): string {
  if (location.startsWith('//')) return `${from.protocol}${location}`
  if (location === '' || location.startsWith('#')) return from.origin + from.path
  const path = from.path.split('?', 1)[0] ?? '/'
  if (location.startsWith('?')) return `${from.origin}${path}${location}`
  const folder = location.startsWith('/') ? '' : path.slice(0, path.lastIndexOf('/') + 1)
  return from.origin + withoutDotSegments(folder + location)
}

/** RFC 3986, 5.2.4, for a path that starts with a slash; what follows the path stays. */
function withoutDotSegments(reference: string): string {
  const end = reference.search(/[?#]/)
  const path = end === -1 ? reference : reference.slice(0, end)
  const kept: string[] = []
  const segments = path.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    if (segment === '..') kept.pop()
    if (segment !== '.' && segment !== '..') kept.push(segment)
    else if (index === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}${reference.slice(path.length)}`
}

export interface NextMethod {
  readonly method: string
  readonly keepsBody: boolean
}

/** 301 and 302 turn POST into GET, 303 everything but HEAD; 307 and 308 keep method and body (RFC 9110, 15.4). */
export function nextMethod(status: number, method: string): NextMethod {
  const toGet = status === 303 ? method !== 'HEAD' : status < 303 && method === 'POST'
  return toGet ? { method: 'GET', keepsBody: false } : { method, keepsBody: method !== 'GET' && method !== 'HEAD' }
}

export function isReplayable(body: RequestBody | undefined): boolean {
  return body === undefined || Buffer.isBuffer(body)
}

export function redirectDenied(why: string, cause?: unknown): ProxyError {
  return new ProxyError('redirect_denied', `The upstream's redirect ${why}.`, cause === undefined ? {} : { cause })
}

const offHostHeaders: ReadonlySet<string> = new Set(['accept', 'range', 'via'])
const bodyHeaders: ReadonlySet<string> = new Set([
  'content-type',
  'content-encoding',
  'content-language',
  'content-location',
])

/** What may go to a host that is not the app's: no credential, nothing of the caller's but `accept` and `range`. */
export function headersForOtherHost(headers: readonly string[], userAgent: string): string[] {
  const kept = keep(headers, (name) => offHostHeaders.has(name))
  return [...kept, 'accept-encoding', 'identity', 'user-agent', userAgent]
}

export function headersWithoutBody(headers: readonly string[]): string[] {
  return keep(headers, (name) => !bodyHeaders.has(name))
}

function keep(headers: readonly string[], wanted: (name: string) => boolean): string[] {
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    if (wanted(name)) kept.push(name, headers[index + 1] as string)
  }
  return kept
}
