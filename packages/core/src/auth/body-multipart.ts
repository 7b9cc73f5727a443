/**
 * The `multipart/form-data` body (RFC 7578) with a text field set as its last part, in place of any of the same name.
 * All other bytes stay. Undefined when the body does not have the form that its boundary promises.
 */
export function setMultipartField(body: Buffer, boundary: string, name: string, value: string): Buffer | undefined {
  const delimiters = findDelimiters(body, boundary)
  const close = delimiters?.at(-1)
  if (delimiters === undefined || close === undefined || value.includes(`--${boundary}`)) return undefined
  const pieces: Buffer[] = []
  let from = 0
  for (const [index, { start, contentStart }] of delimiters.entries()) {
    const next = delimiters[index + 1]
    if (next === undefined || partName(body.subarray(contentStart, next.start)) !== name) continue
    pieces.push(body.subarray(from, start))
    from = next.start
  }
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`
  pieces.push(body.subarray(from, close.start), Buffer.from(`${head}${value}\r\n`, 'utf8'), body.subarray(close.start))
  return Buffer.concat(pieces)
}

/** The boundary that a content type names (RFC 2046, 5.1.1). */
export function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"\\]{1,70})"|([^\s";,]{1,70}))/i.exec(contentType)
  return match?.[1] ?? match?.[2]
}

interface Delimiter {
  /** Of its two hyphens. */
  readonly start: number
  /** Behind its line. */
  readonly contentStart: number
}

/** Every delimiter line up to the closing one; undefined when that is missing. */
function findDelimiters(body: Buffer, boundary: string): readonly Delimiter[] | undefined {
  const delimiters: Delimiter[] = []
  const text = Buffer.from(`--${boundary}`, 'latin1')
  for (let start = body.indexOf(text); start !== -1; start = body.indexOf(text, start + text.length)) {
    if (start !== 0 && body[start - 1] !== 0x0a) continue
    const after = start + text.length
    const isClose = body.toString('latin1', after, after + 2) === '--'
    const lineEnd = body.indexOf('\n', after)
    const line = body.toString('latin1', after + (isClose ? 2 : 0), lineEnd === -1 ? body.length : lineEnd)
    if (!/^[ \t]*\r?$/.test(line) || (!isClose && lineEnd === -1)) continue
    delimiters.push({ start, contentStart: lineEnd + 1 })
    if (isClose) return delimiters
  }
  return undefined
}

/** The name of a part, as it is written in its `Content-Disposition`. */
function partName(part: Buffer): string | undefined {
  const end = part.indexOf('\r\n\r\n')
  const head = part.toString('latin1', 0, end === -1 ? part.length : end)
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1]
  const match = disposition === undefined ? null : /;\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(disposition)
  return match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2]
}
