import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

export interface SigningKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export interface SigningKeys {
  readonly first: SigningKey
  find(kid: string): SigningKey | undefined
}

/** PKCS #8 wrapping of a raw Ed25519 seed (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * Ed25519 keys of base64 seeds, 32 random bytes each; the first one signs, all of them verify. Throws for a seed of
 * another length, naming its place and never its value.
 */
export function signingKeys(seeds: readonly string[]): SigningKeys {
  const keys = seeds.map(readSeed)
  const [first] = keys
  if (first === undefined) throw new Error('At least one signing key is needed.')
  const byId = new Map(keys.map((key) => [key.kid, key]))
  return { first, find: (kid) => byId.get(kid) }
}

function readSeed(text: string, index: number): SigningKey {
  const seed = Buffer.from(text, 'base64')
  if (seed.length !== 32) throw new Error(`Signing key ${index + 1} must be 32 bytes in base64.`)
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey)
  const x = publicKey.export({ format: 'jwk' }).x
  const kid = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url')
  return { kid, privateKey, publicKey }
}
