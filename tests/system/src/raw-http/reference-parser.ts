/** A request as RFC 9112 reads it. */
export interface ReferenceRequest {
  readonly method: string
  readonly target: string
  readonly bodyLength: number
}

/** What a connection's bytes are: whole requests, and why reading ended. */
export interface Reading {
  readonly requests: readonly ReferenceRequest[]
  /** `closed`: what follows a request that ends the connection is nothing. */
  readonly end: 'exact' | 'incomplete' | 'malformed' | 'closed'
}

class Malformed extends Error {}
class Incomplete extends Error {}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * The whole requests in some bytes, by RFC 9112 without its leniencies but two: empty lines before a request, and
 * several spaces in its first line. Written to be checked against the RFC rather than to be fast; it shares nothing
 * with the server.
 */
export function readConnection(bytes: Buffer): Reading {
  const text = bytes.toString('latin1')
  const requests: ReferenceRequest[] = []
  let position = 0
  try {
    for (;;) {
      while (text.startsWith('\r\n', position)) position += 2
      if (position >= text.length) return { requests, end: 'exact' }
      const { request, end, isLast } = readRequest(text, position)
      requests.push(request)
      position = end
      if (isLast) return { requests, end: 'closed' }
    }
  } catch (error) {
    if (error instanceof Malformed) return { requests, end: 'malformed' }
    if (error instanceof Incomplete) return { requests, end: 'incomplete' }
    throw error
  }
}

function readRequest(text: string, start: number): { request: ReferenceRequest; end: number; isLast: boolean } {
  const { line, next } = readLine(text, start)
  const [, method = '', target = '', version = ''] = /^(\S+) +(\S+) +HTTP\/(1\.[01])$/.exec(line) ?? []
  if (!token.test(method) || !/^[\x21-\x7e]+$/.test(target)) throw new Malformed()
  const { fields, next: bodyStart } = readFields(text, next)
  const values = (name: string): string[] => fields.filter((field) => field.name === name).map((field) => field.value)

  const hosts = values('host')
  if (hosts.length > 1 || (hosts.length === 0 && version === '1.1')) throw new Malformed()
  const lengths = values('content-length')
  const codings = values('transfer-encoding')
  if (lengths.length > 1 || lengths.some((length) => !/^\d{1,15}$/.test(length))) throw new Malformed()
  if (codings.length > 0 && (lengths.length > 0 || version === '1.0')) throw new Malformed()
  if (codings.length > 1 || codings.some((coding) => coding.toLowerCase() !== 'chunked')) throw new Malformed()
  if (values('expect').some((expectation) => expectation.toLowerCase() !== '100-continue')) throw new Malformed()

  const body = codings.length > 0 ? readChunks(text, bodyStart) : readLength(text, bodyStart, Number(lengths[0] ?? 0))
  const connection = values('connection').join(',').toLowerCase()
  const isLast = version === '1.0' ? !connection.includes('keep-alive') : /(^|,)\s*close\s*(,|$)/.test(connection)
  return { request: { method, target, bodyLength: body.length }, end: body.end, isLast }
}

function readLine(text: string, start: number): { line: string; next: number } {
  const end = text.indexOf('\n', start)
  const line = text.slice(start, end === -1 ? text.length : end)
  if (/\r./.test(line) || (end !== -1 && !line.endsWith('\r'))) throw new Malformed()
  if (end === -1) throw new Incomplete()
  return { line: line.slice(0, -1), next: end + 1 }
}

function readFields(text: string, start: number): { fields: { name: string; value: string }[]; next: number } {
  const fields: { name: string; value: string }[] = []
  let position = start
  for (;;) {
    const { line, next } = readLine(text, position)
    position = next
    if (line === '') return { fields, next }
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')
    if (colon < 1 || !token.test(name) || !fieldValue.test(value)) throw new Malformed()
    fields.push({ name: name.toLowerCase(), value })
  }
}

function readLength(text: string, start: number, length: number): { length: number; end: number } {
  if (start + length > text.length) throw new Incomplete()
  return { length, end: start + length }
}

function readChunks(text: string, start: number): { length: number; end: number } {
  let position = start
  let length = 0
  for (;;) {
    const { line, next } = readLine(text, position)
    const [, size] =
      /^([0-9A-Fa-f]{1,13})(?:[ \t]*;[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*=[ \t]*(?:[^\s";]+|"(?:[^"\\]|\\.)*"))?)*$/.exec(
        line,
      ) ?? []
    if (size === undefined) throw new Malformed()
    const bytes = Number.parseInt(size, 16)
    if (bytes === 0) return { length, end: readTrailers(text, next) }
    if (next + bytes + 2 > text.length) throw new Incomplete()
    if (text.slice(next + bytes, next + bytes + 2) !== '\r\n') throw new Malformed()
    length += bytes
    position = next + bytes + 2
  }
}

function readTrailers(text: string, start: number): number {
  const { fields, next } = readFields(text, start)
  if (fields.some(({ name }) => name === 'content-length' || name === 'transfer-encoding')) throw new Malformed()
  return next
}
