import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A certificate and its key as PEM; clients trust it by naming it as a CA. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

const DAY_MS = 86_400_000
const LOOPBACK = Buffer.from([127, 0, 0, 1])

/**
 * A new certificate for `localhost` and `127.0.0.1`, valid for a day (RFC 5280, ECDSA P-256).
 *
 * Made here because a clean clone has nothing but Node: no openssl, and no key in the repository.
 */
export function selfSignedCertificate(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdsaWithSha256 = sequence(objectIdentifier('2a8648ce3d040302'))
  const name = sequence(set(sequence(objectIdentifier('550403'), der(0x0c, Buffer.from('localhost')))))
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name,
    sequence(utcTime(Date.now() - DAY_MS), utcTime(Date.now() + DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(isAuthority(), alternativeNames())),
  )
  const signature = sign('sha256', toBeSigned, privateKey)
  const certificate = sequence(toBeSigned, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature))
  return {
    certificate: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function isAuthority(): Buffer {
  const yes = der(0x01, Buffer.from([0xff]))
  return sequence(objectIdentifier('551d13'), yes, der(0x04, sequence(yes)))
}

function alternativeNames(): Buffer {
  const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, LOOPBACK))
  return sequence(objectIdentifier('551d11'), der(0x04, names))
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const size = content.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts)
}

function set(...parts: Buffer[]): Buffer {
  return der(0x31, ...parts)
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes)
}

function objectIdentifier(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function utcTime(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replace(/\D/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`))
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
