/**
 * Whether the transfer coding of an answer is none, or `chunked` once. Others would have to be undone before a body is
 * handed on, and a body without end that is no chunked one ends nowhere on a connection that stays open.
 * The parser itself refuses two lengths, and a length beside a transfer coding.
 */
export function isPlainlyFramed(rawHeaders: readonly Buffer[]): boolean {
  let codings = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length !== 17 || name.toString('latin1').toLowerCase() !== 'transfer-encoding') continue
    codings += 1
    if (codings > 1 || rawHeaders[index + 1]?.toString('latin1').trim().toLowerCase() !== 'chunked') return false
  }
  return true
}

/** The headers (flat) of a 204, which must not tell a length (RFC 9110 8.6) and often does. */
export function withoutLength(headers: readonly string[]): readonly string[] {
  return headers.filter((_, index) => headers[index - (index % 2)]?.toLowerCase() !== 'content-length')
}
