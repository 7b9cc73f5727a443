/** Flat header lists: `[name, value, name, value]`, names in lower case unless said otherwise. */

const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: a field value must not hold these (RFC 9110, 5.5)
const valueRefused = /[\u0000-\u0008\u000a-\u001f\u007f\u0100-\uffff]/

export function isHeaderName(text: string): boolean {
  return tokenPattern.test(text)
}

/** True for what may stand in a field value: visible characters, space, tab and obs-text. */
export function isHeaderValue(text: string): boolean {
  return !valueRefused.test(text)
}

/** The first value of `name` (lower case) in a list whose names have any case. */
export function findHeader(headers: readonly string[], name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    const candidate = headers[index] as string
    if (candidate.length === name.length && (candidate === name || candidate.toLowerCase() === name)) {
      return headers[index + 1]
    }
  }
  return undefined
}

/** Sets every pair of `over` in place of all entries of the same name. Both lists have lower-case names. */
export function replaceHeaders(headers: readonly string[], over: readonly string[]): string[] {
  const result: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    let replaced = false
    for (let other = 0; other < over.length; other += 2) replaced ||= over[other] === name
    if (!replaced) result.push(name, headers[index + 1] as string)
  }
  for (const text of over) result.push(text)
  return result
}

/** Belongs to one connection, or frames the message: never passed on in either direction (RFC 9110, 7.6.1). */
export const hopByHopHeaders: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

/** Of a request: what the transport writes, and what belongs to the caller's connection. No dialect can set these. */
export const framingHeaders: ReadonlySet<string> = new Set([...hopByHopHeaders, 'content-length', 'expect', 'host'])

/** Of a request, with a value that is no list: two lines could be read in two ways (RFC 9110, 5.3). */
export const singleHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'date',
  'from',
  'host',
  'if-modified-since',
  'if-range',
  'if-unmodified-since',
  'max-forwards',
  'origin',
  'range',
  'referer',
  'user-agent',
])

/** The names that all `Connection` headers of a list name, in lower case; undefined for the usual `keep-alive` and `close`. */
export function connectionListed(headers: readonly string[]): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined
  for (let index = 0; index < headers.length; index += 2) {
    const header = headers[index] as string
    if (header.length !== 10 || header.toLowerCase() !== 'connection') continue
    const value = headers[index + 1] as string
    if (value === 'keep-alive' || value === 'close') continue
    for (const part of value.split(',')) {
      const name = part.trim().toLowerCase()
      if (name === '' || name === 'keep-alive' || name === 'close') continue
      names ??= new Set()
      names.add(name)
    }
  }
  return names
}
