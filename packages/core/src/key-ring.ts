import { createHash, createSecretKey, type KeyObject } from 'node:crypto'

/** One sealing key. The id is derived from the key, so that it can stand in the open beside what was sealed. */
export interface SealingKey {
  /** 8 bytes. */
  readonly id: Buffer
  readonly key: KeyObject
}

/** Keys that open; the first one also seals. */
export interface KeyRing {
  readonly current: SealingKey
  /** By the hex form of the id. */
  readonly byId: ReadonlyMap<string, SealingKey>
}

/** A key that cannot be used. `entry` is its index in the list, -1 when the list is empty. */
export class KeyFault extends Error {
  override readonly name = 'KeyFault'
  readonly entry: number

  constructor(entry: number, message: string) {
    super(message)
    this.entry = entry
  }
}

const keyBytes = 32
const advice = 'a key is 32 random bytes in base64, as `openssl rand -base64 32` prints them'

/** A ring of AES-256 keys, each 32 bytes in base64. Throws `KeyFault` naming the entry, never its value. */
export function createKeyRing(keysBase64: readonly string[]): KeyRing {
  const keys = keysBase64.map(readKey)
  const [current] = keys
  if (current === undefined) throw new KeyFault(-1, `There is no encryption key: ${advice}.`)
  return { current, byId: new Map(keys.map((key) => [key.id.toString('hex'), key])) }
}

function readKey(text: string, entry: number): SealingKey {
  const digits = text.trim().replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  const bytes = Buffer.from(digits, 'base64')
  const nth = `Encryption key ${entry + 1}`
  if (bytes.toString('base64').replace(/=+$/, '') !== digits)
    throw new KeyFault(entry, `${nth} is not base64: ${advice}.`)
  if (bytes.length !== keyBytes) {
    throw new KeyFault(entry, `${nth} has ${bytes.length} bytes in place of ${keyBytes}: ${advice}.`)
  }
  const id = createHash('sha256').update('sealing key id\0').update(bytes).digest().subarray(0, 8)
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return { id, key }
}
