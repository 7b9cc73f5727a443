import { randomUUID } from 'node:crypto'
import { type Account, ProxyError, type Secret, type SigningAlgorithm } from '@proxy/core'
import type { ClientAuth } from 'oauth4webapi'
import { signJwt } from './sign-jwt.js'

export interface ClientProof {
  readonly secret: Secret<string> | undefined
  /** For `private_key_jwt`. */
  readonly key: AssertionProof
  /** For the fault, when something is missing. */
  readonly account: Account
}

export interface AssertionProof {
  readonly algorithm: SigningAlgorithm
  /** PEM text, or the secret of an HS algorithm. */
  readonly secret: string | Buffer | undefined
  readonly keyId: string | undefined
  readonly audience: string
  /** Epoch milliseconds. */
  readonly now: number
}

/** How a client proves itself at a token endpoint (RFC 6749, 2.3; RFC 7523, 2.2). */
export function clientAuth(kind: 'basic' | 'post' | 'private_key_jwt' | 'none', proof: ClientProof): ClientAuth {
  return (_, { client_id }, body, headers) => {
    if (kind === 'basic') {
      const credentials = `${formEncode(client_id)}:${formEncode(requireSecret(proof))}`
      headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)
      return
    }
    body.set('client_id', client_id)
    if (kind === 'post' && proof.secret !== undefined) body.set('client_secret', proof.secret.reveal())
    if (kind !== 'private_key_jwt') return
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    body.set('client_assertion', clientAssertion(client_id, proof))
  }
}

function clientAssertion(clientId: string, { key, account }: ClientProof): string {
  const issuedAt = Math.floor(key.now / 1000)
  return signJwt({
    algorithm: key.algorithm,
    secret: key.secret ?? '',
    keyId: key.keyId,
    claims: {
      iss: clientId,
      sub: clientId,
      aud: key.audience,
      jti: randomUUID(),
      iat: issuedAt,
      exp: issuedAt + 60,
    },
    account,
  })
}

function requireSecret({ secret, account }: ClientProof): string {
  if (secret !== undefined) return secret.reveal()
  throw new ProxyError('account_config_invalid', `The OAuth client of the account ${account.id} has no secret.`, {
    details: { account_id: account.id },
  })
}

/** As forms do it (RFC 6749, 2.3.1), which leaves `-`, `.` and `_` alone: some vendors do not decode. */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
