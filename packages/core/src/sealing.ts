import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'
import type { KeyRing, SealingKey } from './key-ring.js'

/**
 * Seals secrets for storage. The context (record kind, project, environment, account id) is bound to what is sealed:
 * it opens under the same context only, so that a record cannot be passed off as another one.
 */
export interface Sealer {
  /** Base64url text of version, key id, nonce, ciphertext and tag. */
  seal(plaintext: Buffer | string, context: readonly string[]): string
  /** Throws `SealError`. */
  open(sealed: string, context: readonly string[]): Buffer
  /** Hex id of the key that opens it, without opening it. Throws `SealError` when it is no sealed text. */
  keyIdOf(sealed: string): string
  /** Hex id of the key that seals. */
  readonly currentKeyId: string
}

/** Sealed text that does not open. Neither the message nor any field holds a part of it. */
export class SealError extends Error {
  override readonly name = 'SealError'
  readonly reason: 'malformed' | 'unknown-key' | 'refused'

  constructor(reason: SealError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

const version = 1
const keyIdEnd = 9
const nonceEnd = 21
const tagBytes = 16
const cipher = 'aes-256-gcm'

/** AES-256-GCM with a random 96-bit nonce: a key is good for 2^32 seals (NIST SP 800-38D, 8.3). */
export function createSealer({ current, byId }: KeyRing): Sealer {
  return {
    currentKeyId: current.id.toString('hex'),
    seal(plaintext, context) {
      const head = Buffer.allocUnsafe(nonceEnd)
      head[0] = version
      current.id.copy(head, 1)
      const nonce = randomFillSync(head, keyIdEnd).subarray(keyIdEnd)
      const sealing = createCipheriv(cipher, current.key, nonce, { authTagLength: tagBytes })
      sealing.setAAD(additionalData(head, context))
      const body = typeof plaintext === 'string' ? sealing.update(plaintext, 'utf8') : sealing.update(plaintext)
      sealing.final()
      return Buffer.concat([head, body, sealing.getAuthTag()]).toString('base64url')
    },
    open(sealed, context) {
      const bytes = readEnvelope(sealed)
      const key = keyOf(bytes)
      const tagStart = bytes.length - tagBytes
      const opening = createDecipheriv(cipher, key.key, bytes.subarray(keyIdEnd, nonceEnd), { authTagLength: tagBytes })
      opening.setAAD(additionalData(bytes, context))
      opening.setAuthTag(bytes.subarray(tagStart))
      const plaintext = opening.update(bytes.subarray(nonceEnd, tagStart))
      try {
        opening.final()
      } catch {
        throw new SealError('refused', 'The sealed value was changed, or belongs to another record.')
      }
      return plaintext
    },
    keyIdOf: (sealed) => keyIdOf(readEnvelope(sealed)),
  }

  function keyOf(bytes: Buffer): SealingKey {
    const id = keyIdOf(bytes)
    const key = byId.get(id)
    if (key === undefined) throw new SealError('unknown-key', `The value is sealed with key ${id}, which is not given.`)
    return key
  }
}

function keyIdOf(bytes: Buffer): string {
  return bytes.toString('hex', 1, keyIdEnd)
}

function readEnvelope(sealed: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < nonceEnd + tagBytes || !isTrueSpelling(sealed, bytes)) {
    throw new SealError('malformed', 'The value is not sealed text.')
  }
  if (bytes[0] !== version) throw new SealError('malformed', `Sealed text of version ${bytes[0]} is not known.`)
  return bytes
}

/** The decoder skips what is not base64url, takes plain base64 too and ignores spare bits: one spelling is accepted. */
function isTrueSpelling(text: string, bytes: Buffer): boolean {
  const lastBytes = bytes.length % 3 || 3
  return (
    text.length === Math.ceil((bytes.length * 4) / 3) &&
    !text.includes('+') &&
    !text.includes('/') &&
    bytes.toString('base64url', bytes.length - lastBytes) === text.slice(-lastBytes - 1)
  )
}

/** Version and key id, then each part of the context behind its length in 4 bytes. */
function additionalData(head: Buffer, context: readonly string[]): Buffer {
  const parts = [head.subarray(0, keyIdEnd)]
  for (const part of context) {
    const text = Buffer.from(part)
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(text.length)
    parts.push(length, text)
  }
  return Buffer.concat(parts)
}
