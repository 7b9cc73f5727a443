const standard = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const ofStandard = 0x40
const ofUrlSafe = 0x80
const ofNeither = 0x100

/** The six bits of each ASCII character, and the alphabet that it belongs to if that is one of the two alone. */
const table = new Uint16Array(128).fill(ofNeither)
for (let value = 0; value < 64; value += 1) table[standard.charCodeAt(value)] = value | (value > 61 ? ofStandard : 0)
table['-'.charCodeAt(0)] = 62 | ofUrlSafe
table['_'.charCodeAt(0)] = 63 | ofUrlSafe
const equalsSign = 61

/**
 * The bytes of a text that an encoder of base64 or base64url wrote, padded or not; undefined for any other. Node's own
 * decoder takes and skips what it does not know, and to encode once more for proof costs three calls out of JavaScript.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const end = endOfCharacters(text)
  const tail = end % 4
  if (end === 0 || tail === 1) return undefined
  const bytes = Buffer.allocUnsafe(Math.floor((end * 3) / 4))
  let seen = 0
  let bits = 0
  let length = 0
  for (let index = 0; index < end; index += 1) {
    const entry = table[text.charCodeAt(index)] ?? ofNeither
    seen |= entry
    bits = (bits << 6) | (entry & 63)
    const place = index % 4
    if (place > 0) bytes[length++] = bits >> (6 - 2 * place)
  }
  const leftOver = tail === 0 ? 0 : bits & (tail === 2 ? 15 : 3)
  const isMixed = (seen & ofStandard) !== 0 && (seen & ofUrlSafe) !== 0
  return seen >= ofNeither || isMixed || leftOver !== 0 ? undefined : bytes
}

/** Where the padding begins; 0 when it is not what the length asks for. */
function endOfCharacters(text: string): number {
  let end = text.length
  while (end > 0 && end > text.length - 2 && text.charCodeAt(end - 1) === equalsSign) end -= 1
  return end < text.length && text.length % 4 !== 0 ? 0 : end
}
