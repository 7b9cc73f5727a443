import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'

/** An Ed25519 key of the server under test, as whoever has its seed could use it. */
export interface Forger {
  readonly kid: string
  readonly publicKey: KeyObject
  /** A compact JWS; signed with the server's own key unless `signer` says otherwise. */
  forge(header: unknown, claims: unknown, signer?: (input: Buffer) => Buffer): string
}

export function forger(seed: Buffer): Forger {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey)
  const { x } = publicKey.export({ format: 'jwk' })
  return {
    kid: createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url'),
    publicKey,
    forge: (header, claims, signer = (input) => sign(null, input, privateKey)) => {
      const input = [header, claims].map(partOf).join('.')
      return `${input}.${signer(Buffer.from(input)).toString('base64url')}`
    },
  }
}

/** A text stands for itself, so that JSON can be written that no encoder writes. */
function partOf(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}
