import { DecryptCommand, GenerateDataKeyWithoutPlaintextCommand, type KMSClient } from '@aws-sdk/client-kms'
import { toKmsFault } from './kms-fault.js'

export interface DataKeysOptions {
  /** Made, and ended, by the host; `kmsClient` makes one. */
  readonly client: KMSClient
  /** Id, ARN or alias of the key that wraps new data keys. */
  readonly keyId: string
  /** Bound to each data key: it opens under the same context only. KMS writes it into its log. */
  readonly context?: Readonly<Record<string, string>>
}

/** Keys for sealing that lie wrapped, and that nobody opens without KMS. All methods reject with a `KmsFault`. */
export interface DataKeys {
  /** A new one, wrapped: base64 that may stand in the open. Its plain form is seen by nobody. */
  create(): Promise<string>
  /** The 32 bytes of one. A key that was wrapped by another KMS key of this account opens, too. */
  open(wrapped: string): Promise<Buffer>
}

/** What every data key of this proxy is bound to. */
const purpose = { 'api-proxy': 'data-key' }
const keyBytes = 32

export function kmsDataKeys({ client, keyId, context = {} }: DataKeysOptions): DataKeys {
  const EncryptionContext = { ...context, ...purpose }

  return {
    async create() {
      const operation = 'GenerateDataKeyWithoutPlaintext'
      try {
        const { CiphertextBlob } = await client.send(
          new GenerateDataKeyWithoutPlaintextCommand({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext }),
        )
        return Buffer.from(CiphertextBlob ?? []).toString('base64')
      } catch (error) {
        throw toKmsFault(error, operation)
      }
    },
    async open(wrapped) {
      const operation = 'Decrypt'
      try {
        const { Plaintext } = await client.send(
          new DecryptCommand({ CiphertextBlob: Buffer.from(wrapped, 'base64'), EncryptionContext }),
        )
        const key = Buffer.from(Plaintext ?? [])
        Plaintext?.fill(0)
        if (key.length === keyBytes) return key
      } catch (error) {
        throw toKmsFault(error, operation)
      }
      throw toKmsFault({ name: 'not a key of 32 bytes', $metadata: { httpStatusCode: 200 } }, operation)
    },
  }
}
