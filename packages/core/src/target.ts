import { ProxyError } from './errors.js'
import { ownText, sharedText } from './shared-text.js'

/**
 * Where a request goes. Made by `parseTarget` and `joinTarget` only: `hostname` is what is checked, resolved, named in
 * TLS and sent as `Host`.
 */
export interface Target {
  readonly protocol: 'https:' | 'http:'
  /** Lower-case letters, digits, hyphens and dots, or an IP literal; IPv6 in brackets as in `URL`. */
  readonly hostname: string
  readonly port: number
  /** `hostname`, and `:port` when it is not the protocol's own. */
  readonly host: string
  /** `protocol//host`. */
  readonly origin: string
  /** Path and query as the caller sent them, but for spaces and non-ASCII, which are percent-encoded. Starts with `/`. */
  readonly path: string
}

const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
/** No backslash, fragment, control character or lone surrogate. */
const legal = String.raw`[^\\#\p{Cc}\p{Cs}]*`
/** No `i` flag: with `u` it would let the Kelvin sign pass as a k. */
const authority = new RegExp(
  String.raw`^[Hh][Tt][Tt][Pp]([Ss])?://((?:${label}\.)*${label}|\[[\da-fA-F:.]{2,45}\])(?::([1-9]\d{0,4}))?$`,
  'u',
)
/** Visible ASCII without backslash and fragment: nothing to refuse, to drop or to encode. */
const plainRest = /^[/?][!"$-[\]-~]*$/
const otherRest = new RegExp(`^([/?]${legal})?(?:#${legal})?$`, 'u')
const relativePath = new RegExp(String.raw`^/(?![/\\])${legal}$`, 'u')
/** Of a raw query: its characters stand for bytes, so that U+0080 to U+009F are parts of UTF-8 and no controls. */
const legalQuery = /^[ -"$-[\]-~\u{80}-\u{d7ff}\u{e000}-\u{10ffff}]*$/u
const scheme = /^[a-z][a-z0-9+.-]*:/i
const needsEncoding = /[^!-~]/
const encodable = /[^!-~]+/g
const highByte = /[\u0080-\u00ff]/g
const dotSegment = /\/(?:\.|%2e){1,2}(?=[/?]|$)/i
const doubleDot = /^(?:\.|%2e){2}$/i
const singleDot = /^(?:\.|%2e)$/i

/** True when the text names a scheme, so that it is meant as a full URL and not as a relative path. */
export function isFullUrl(text: string): boolean {
  return scheme.test(text)
}

/** Reads a full http or https URL; the fragment is dropped. Throws `invalid_url`. */
export function parseTarget(url: string): Target {
  const end = endOfAuthority(url)
  const path = end === url.length ? '/' : readRest(url.slice(end))
  return withPath(readOrigin(url.slice(0, end)), path)
}

/** Where the path, query or fragment begins; the length of the text where there is none. */
function endOfAuthority(url: string): number {
  const scheme = url.indexOf('://')
  if (scheme === -1) throw invalidUrl()
  for (let index = scheme + 3; index < url.length; index++) {
    const character = url.charCodeAt(index)
    if (character === 47 || character === 63 || character === 35) return index
  }
  return url.length
}

function readRest(rest: string): string {
  const path = plainRest.test(rest) ? rest : readOtherRest(rest)
  return path.charCodeAt(0) === 63 ? `/${path}` : path
}

function readOtherRest(rest: string): string {
  const match = otherRest.exec(rest)
  if (match === null) throw invalidUrl()
  return match[1] === undefined ? '/' : encodeIllegal(match[1])
}

type Origin = Omit<Target, 'path'>

/** Origins by the text that they were read from: the same few come again and again. Emptied when full. */
const knownOrigins = new Map<string, Origin>()
const knownOriginsMax = 1_000

function readOrigin(text: string): Origin {
  const known = knownOrigins.get(text)
  if (known !== undefined) return known
  const own = ownText(text) // not a part of the whole URL, with what its query holds
  const match = authority.exec(own)
  const rawHostname = match?.[2]
  if (match === null || rawHostname === undefined || rawHostname.length > 253) throw invalidUrl()
  const protocol = match[1] === undefined ? 'http:' : 'https:'
  const hostname = rawHostname.toLowerCase()
  if (parsedHostname(protocol, hostname) !== hostname) throw invalidUrl()
  const standardPort = protocol === 'https:' ? 443 : 80
  const port = match[3] === undefined ? standardPort : Number(match[3])
  if (port > 65_535) throw invalidUrl()
  const host = port === standardPort ? hostname : `${hostname}:${port}`
  const origin: Origin = { protocol, hostname, port, host, origin: sharedText(`${protocol}//${host}`) }
  if (knownOrigins.size >= knownOriginsMax) knownOrigins.clear()
  knownOrigins.set(own, origin)
  return origin
}

/** `URL` is the second opinion: it rewrites numeric hosts (`127.1`) and refuses broken punycode. */
function parsedHostname(protocol: string, hostname: string): string | undefined {
  try {
    return new URL(`${protocol}//${hostname}`).hostname
  } catch {
    return undefined
  }
}

/** True for a path that may be put behind a base: one slash first, no backslash, control character or `#`. */
export function isRelativePath(text: string): boolean {
  return relativePath.test(text)
}

/** Puts a relative path behind the base's path. Throws `invalid_url` when it would leave the base. */
export function joinTarget(base: Target, relative: string): Target {
  if (!isRelativePath(relative)) throw invalidUrl()
  const prefix = base.path.endsWith('/') ? base.path.slice(0, -1) : base.path
  if (prefix !== '' && climbs(relative)) throw invalidUrl()
  return withPath(base, prefix + encodeIllegal(relative))
}

/** True when dot segments, plain or percent-encoded, lead above the start of the path. */
function climbs(relative: string): boolean {
  if (!dotSegment.test(relative)) return false
  const queryStart = relative.indexOf('?')
  let depth = 0
  for (const segment of (queryStart === -1 ? relative : relative.slice(0, queryStart)).split('/')) {
    if (doubleDot.test(segment)) depth -= 1
    // An empty segment counts for nothing: some servers merge slashes before they resolve dots.
    else if (segment !== '' && !singleDot.test(segment)) depth += 1
    if (depth < 0) return true
  }
  return false
}

/** True when the path holds `.` or `..` as a segment, plain or percent-encoded. */
export function hasDotSegment(path: string): boolean {
  return dotSegment.test(path)
}

/**
 * Adds a raw query, without `?`, behind the target's own. Its characters are bytes of a request line as Node reads them
 * (Latin-1), so each above 127 is encoded by itself. Throws `invalid_url`.
 */
export function appendQuery(target: Target, rawQuery: string): Target {
  if (rawQuery === '') return target
  if (!legalQuery.test(rawQuery)) throw invalidUrl()
  return withPath(target, joinQuery(target.path, encodeIllegal(rawQuery.replace(highByte, encodeByte))))
}

/** Takes out every query pair whose decoded name, in any case, is among `names` (lower case); the rest keeps its bytes. */
export function removeQuery(target: Target, names: ReadonlySet<string>): Target {
  const path = removeQueryText(target.path, names)
  return path === target.path ? target : withPath(target, path)
}

/** As `removeQuery`, for the text of any URL or path; a fragment stays. */
export function removeQueryText(text: string, names: ReadonlySet<string>): string {
  return names.size === 0 ? text : removePairs(text, (pair) => names.has(queryName(pair)))
}

/** As `removeQuery`, but only the pairs that `sent` has too: what the other side may have copied from it. */
export function removeSameQuery(target: Target, sent: Target, names: ReadonlySet<string>): Target {
  const queryStart = names.size === 0 ? -1 : sent.path.indexOf('?')
  if (queryStart === -1) return target
  const pairs = sent.path.slice(queryStart + 1).split('&')
  const same = new Set(pairs.filter((pair) => names.has(queryName(pair))).map(decodeQueryText))
  const path = removePairs(target.path, (pair) => same.has(decodeQueryText(pair)))
  return path === target.path ? target : withPath(target, path)
}

function removePairs(text: string, isRemoved: (pair: string) => boolean): string {
  const queryStart = text.indexOf('?')
  const fragmentStart = queryStart === -1 ? -1 : text.indexOf('#')
  if (queryStart === -1 || (fragmentStart !== -1 && fragmentStart < queryStart)) return text
  const queryEnd = fragmentStart === -1 ? text.length : fragmentStart
  const pairs = text.slice(queryStart + 1, queryEnd).split('&')
  const kept = pairs.filter((pair) => !isRemoved(pair))
  if (kept.length === pairs.length) return text
  return text.slice(0, queryStart) + (kept.length === 0 ? '' : `?${kept.join('&')}`) + text.slice(queryEnd)
}

/** Sets query parameters from a flat list of names and values, in place of any of the same name in any case. */
export function addQueryPairs(target: Target, flatPairs: readonly string[]): Target {
  if (flatPairs.length === 0) return target
  const names = new Set<string>()
  let added = ''
  for (let index = 0; index + 1 < flatPairs.length; index += 2) {
    const name = flatPairs[index] ?? ''
    names.add(name.toLowerCase())
    added += `${added === '' ? '' : '&'}${encodeComponent(name)}=${encodeComponent(flatPairs[index + 1] ?? '')}`
  }
  const cleared = removeQuery(target, names)
  return withPath(cleared, joinQuery(cleared.path, added))
}

function joinQuery(path: string, query: string): string {
  const queryStart = path.indexOf('?')
  if (queryStart === -1) return `${path}?${query}`
  // A question mark further on is a part of a value, which must not take in what follows.
  return queryStart === path.length - 1 || path.endsWith('&') ? path + query : `${path}&${query}`
}

/** Decoded and in lower case: not all servers tell the case of names apart. */
function queryName(pair: string): string {
  const end = pair.indexOf('=')
  return decodeQueryText(end === -1 ? pair : pair.slice(0, end)).toLowerCase()
}

function decodeQueryText(text: string): string {
  const raw = text.replaceAll('+', ' ')
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}

function encodeComponent(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'))
}

function encodeIllegal(path: string): string {
  return needsEncoding.test(path) ? path.replace(encodable, encodeURIComponent) : path
}

function encodeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

function withPath(target: Origin, path: string): Target {
  const { protocol, hostname, port, host, origin } = target
  return { protocol, hostname, port, host, origin, path }
}

function invalidUrl(): ProxyError {
  return new ProxyError(
    'invalid_url',
    'The target must be a full URL with a plain host name, or a path that starts with one slash and stays below the base URL.',
  )
}
