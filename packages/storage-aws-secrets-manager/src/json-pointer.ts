/** The keys of an RFC 6901 pointer such as `/oauth/token`; throws when the text is none. */
export function parsePointer(text: string): readonly string[] {
  if (text === '') return []
  if (!text.startsWith('/') || /~(?![01])/.test(text)) {
    throw new Error(`${JSON.stringify(text)} is not a JSON pointer such as "/api/key".`)
  }
  return text
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value behind the keys; undefined when there is none. */
export function valueAt(document: unknown, keys: readonly string[]): unknown {
  let value = document
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

/** A copy of `document` with `text` behind the keys, or nothing there when it is undefined. Objects are made on the way. */
export function withTextAt(document: unknown, keys: readonly string[], text: string | undefined): unknown {
  const [key, ...rest] = keys
  if (key === undefined) return text
  const isParent = typeof document === 'object' && document !== null
  if (!isParent && text === undefined) return document
  if (Array.isArray(document)) {
    return document.map((item, nth) => (String(nth) === key ? withTextAt(item, rest, text) : item))
  }
  const members = new Map(isParent ? Object.entries(document) : [])
  const inner = withTextAt(members.get(key), rest, text)
  if (inner === undefined) members.delete(key)
  else members.set(key, inner)
  return Object.fromEntries(members)
}
