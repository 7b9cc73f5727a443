import type { AssertionKey, CredentialValues, Moment } from '@proxy/core'

/** The key that signs: PEM text, or the bytes of a shared secret. */
export function assertionSecret(key: AssertionKey, values: CredentialValues, moment: Moment): string | Buffer {
  const text = key.privateKey.render(values, moment)
  return key.algorithm.startsWith('HS') ? Buffer.from(text, key.secretEncoding) : text
}
