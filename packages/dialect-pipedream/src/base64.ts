const standardText = /^[A-Za-z0-9+/]*={0,2}$/
const urlSafeText = /^[A-Za-z0-9_-]*={0,2}$/

/**
 * The bytes of a text that an encoder of base64 or base64url wrote, padded or not; undefined for any other. Node's own
 * decoder takes and skips what it does not know.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (!urlSafeText.test(text) && !standardText.test(text)) return undefined
  const { length } = text
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  if (padding > 0 && length % 4 !== 0) return undefined
  const end = length - padding
  const tail = end % 4
  if (end === 0 || tail === 1) return undefined
  const bytes = Buffer.from(text, 'base64')
  return tail === 0 || hasNoBitsLeft(text.charAt(end - 1), tail === 2 ? 15 : 3) ? bytes : undefined
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The last character of a group that is not full holds more bits than the bytes need. */
function hasNoBitsLeft(character: string, mask: number): boolean {
  return (alphabet.indexOf(character) & mask) === 0
}
