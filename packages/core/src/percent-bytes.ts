/** Percent-decodes to bytes, one character a byte; what is no valid escape stays as it is. */
export function decodeBytes(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** As `decodeBytes`, for names and values of a form or a query: `+` is a space. */
function decodeFormBytes(text: string): string {
  return decodeBytes(text.replaceAll('+', ' '))
}

/** Percent-encodes bytes, one character a byte, all but the unreserved of RFC 3986, 2.3. */
export function encodeBytes(bytes: string): string {
  return bytes.replace(/[^A-Za-z0-9\-._~]/g, (character) => {
    const code = character.charCodeAt(0)
    return `%${code < 16 ? '0' : ''}${code.toString(16).toUpperCase()}`
  })
}

/** The UTF-8 bytes of a text, one character a byte. */
export function utf8Bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** Splits `a=1&b` into decoded names and values, each one character a byte; empty pairs are left out. */
export function formPairs(text: string): [name: string, value: string][] {
  const pairs: [string, string][] = []
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const end = pair.indexOf('=')
    const name = end === -1 ? pair : pair.slice(0, end)
    pairs.push([decodeFormBytes(name), end === -1 ? '' : decodeFormBytes(pair.slice(end + 1))])
  }
  return pairs
}

/** Compares texts of ASCII by their bytes. */
export function byBytes(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
