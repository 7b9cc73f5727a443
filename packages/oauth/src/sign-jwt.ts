import { constants, createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { type Account, ProxyError, type SigningAlgorithm } from '@proxy/core'

export interface JwtToSign {
  readonly algorithm: SigningAlgorithm
  /** PEM text (PKCS#8, PKCS#1 or SEC1), or the secret of an HS algorithm. */
  readonly secret: string | Buffer
  readonly keyId: string | undefined
  readonly claims: Readonly<Record<string, unknown>>
  /** Whose key it is, for the fault. */
  readonly account: Account
}

const curves: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' }

/** A JWT in compact form (RFC 7515, 7.1). Throws `account_config_invalid` when the key does not fit the algorithm. */
export function signJwt({ algorithm, secret, keyId, claims, account }: JwtToSign): string {
  const header = { alg: algorithm, typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) }
  const text = `${encode(header)}.${encode(claims)}`
  try {
    return `${text}.${signature(text, algorithm, secret).toString('base64url')}`
  } catch {
    // What the library says may speak of the key.
    throw new ProxyError(
      'account_config_invalid',
      `The signing key of the account ${account.id} is not one for ${algorithm}; it must be a private key in PEM form.`,
      { details: { account_id: account.id } },
    )
  }
}

function signature(text: string, algorithm: SigningAlgorithm, secret: string | Buffer): Buffer {
  const hash = `sha${algorithm.slice(2)}`
  if (algorithm.startsWith('HS')) {
    if (secret.length === 0) throw new Error('empty')
    return createHmac(hash, secret).update(text).digest()
  }
  const key = createPrivateKey(String(secret).replaceAll('\\n', '\n'))
  requireFit(key, algorithm)
  const data = Buffer.from(text)
  if (algorithm === 'EdDSA') return sign(null, data, key)
  if (algorithm.startsWith('ES')) return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })
  if (algorithm.startsWith('RS')) return sign(hash, data, key)
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return sign(hash, data, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
}

function requireFit({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, algorithm: SigningAlgorithm): void {
  const curve = curves[algorithm]
  const fits =
    curve !== undefined
      ? asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === curve
      : algorithm === 'EdDSA'
        ? asymmetricKeyType === 'ed25519'
        : asymmetricKeyType === 'rsa'
  if (!fits) throw new Error('unfit')
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
