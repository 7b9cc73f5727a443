import { inspect } from 'node:util'

/** A secret in one encoding. */
interface Needle {
  readonly encoding: string
  readonly text: string
}

export interface LeakSearch {
  /** The encodings in which any of the secrets stands in a text or in bytes, each with the number of the secret. */
  find(haystack: string | Buffer): readonly string[]
}

/** Looks for secrets as they are and as an encoder on the way may have left them. */
export function leakSearch(secrets: readonly string[]): LeakSearch {
  const needles = secrets.map(spellings)
  return {
    find(haystack) {
      const text = typeof haystack === 'string' ? haystack : haystack.toString('latin1')
      const lower = text.toLowerCase()
      return needles.flatMap((list, number) =>
        list
          // The case of hex digits is the encoder's choice.
          .filter((needle) => (isHex(needle) ? lower.includes(needle.text.toLowerCase()) : text.includes(needle.text)))
          .map(({ encoding }) => `secret ${number} in ${encoding}`),
      )
    },
  }
}

function isHex({ encoding }: Needle): boolean {
  return encoding.startsWith('hex') || encoding.startsWith('percent')
}

/** Every way to write a secret that the search knows; the secret is ASCII. */
export function spellings(secret: string): readonly Needle[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const pairs = hex.match(/../g) ?? []
  return [
    { encoding: 'plain', text: secret },
    { encoding: 'percent, as in a component', text: encodeURIComponent(secret) },
    { encoding: 'percent, as in a form', text: new URLSearchParams([['', secret]]).toString().slice(1) },
    { encoding: 'percent, every byte', text: pairs.map((pair) => `%${pair}`).join('') },
    { encoding: 'JSON', text: JSON.stringify(secret).slice(1, -1) },
    { encoding: 'an inspected text', text: inspect(secret).slice(1, -1) },
    { encoding: 'JSON in JSON', text: JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1) },
    { encoding: 'JSON, every character', text: pairs.map((pair) => `\\u00${pair}`).join('') },
    { encoding: 'hex', text: hex },
    { encoding: 'hex, as a dump of bytes', text: pairs.join(' ') },
    { encoding: 'decimal, as a list of bytes', text: [...bytes].join(',') },
    ...[0, 1, 2].flatMap((shift) => [
      { encoding: `base64, shifted by ${shift}`, text: inBase64(bytes, shift, 'base64') },
      { encoding: `base64url, shifted by ${shift}`, text: inBase64(bytes, shift, 'base64url') },
    ]),
  ]
}

/** The characters that depend on the secret alone, whatever stands before and behind it. */
function inBase64(bytes: Buffer, shift: number, encoding: 'base64' | 'base64url'): string {
  const first = shift === 0 ? 0 : 4
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString(encoding)
  return text.slice(first, Math.floor((shift + bytes.length) / 3) * 4)
}
