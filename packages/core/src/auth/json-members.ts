/** A member of a JSON object, by the bytes where it stands. */
export interface JsonMember {
  readonly name: string
  /** First byte of the name's quote. */
  readonly start: number
  readonly valueStart: number
  /** One past the last byte of the value. */
  readonly end: number
}

export interface JsonObject {
  /** The byte of `{`. */
  readonly start: number
  /** In their order, repeated names too. */
  readonly members: readonly JsonMember[]
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c

/**
 * The top-level members of a JSON object, so that it can be changed or cut without touching its other bytes. Undefined
 * for what is no JSON (RFC 8259), no object, or nested deeper than `depthMost`.
 */
export function readJsonObject(bytes: Buffer, depthMost: number): JsonObject | undefined {
  if (isDeeper(bytes, depthMost) || !isJson(bytes)) return undefined
  const start = skipBlank(bytes, 0)
  if (bytes[start] !== 0x7b) return undefined
  const members: JsonMember[] = []
  let position = skipBlank(bytes, start + 1)
  while (bytes[position] === quote) {
    const nameEnd = stringEnd(bytes, position)
    const valueStart = skipBlank(bytes, skipBlank(bytes, nameEnd) + 1) // behind the colon
    const end = valueEnd(bytes, valueStart)
    members.push({ name: readName(bytes, position, nameEnd), start: position, valueStart, end })
    position = skipBlank(bytes, end)
    if (bytes[position] === comma) position = skipBlank(bytes, position + 1)
  }
  return { start, members }
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'))
    return true
  } catch {
    return false
  }
}

function readName(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1)
}

/** Looked at before it is parsed, so that nobody has to trust a parser's stack. */
function isDeeper(bytes: Buffer, depthMost: number): boolean {
  let depth = 0
  for (let position = 0; position < bytes.length; position++) {
    const byte = bytes[position] ?? 0
    if (byte === quote) position = stringEnd(bytes, position) - 1
    else depth += depthChange(byte)
    if (depth > depthMost) return true
  }
  return false
}

/** One more for `[` and `{`, one less for `]` and `}`. */
function depthChange(byte: number): number {
  if (byte === 0x7b || byte === 0x5b) return 1
  return isClosing(byte) ? -1 : 0
}

function isClosing(byte: number): boolean {
  return byte === 0x7d || byte === 0x5d
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function skipBlank(bytes: Buffer, from: number): number {
  let position = from
  while (isBlank(bytes[position])) position++
  return position
}

/** One past the closing quote of the string that starts at `from`. */
function stringEnd(bytes: Buffer, from: number): number {
  let position = from + 1
  while (position < bytes.length && bytes[position] !== quote) position += bytes[position] === backslash ? 2 : 1
  return position + 1
}

function valueEnd(bytes: Buffer, from: number): number {
  let depth = 0
  let position = from
  let end = from
  for (; position < bytes.length; position++) {
    const byte = bytes[position] ?? 0
    if (depth === 0 && (byte === comma || isClosing(byte))) break
    if (byte === quote) position = stringEnd(bytes, position) - 1
    else depth += depthChange(byte)
    if (!isBlank(byte)) end = position + 1
  }
  return end
}
