import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { AwsFault } from './aws-fault.js'

export interface KmsKey {
  readonly id: string
  readonly material: Buffer
  isEnabled: boolean
}

type Input = Readonly<Record<string, unknown>>

const idBytes = 36
const nonceBytes = 12
const tagBytes = 16

/** What KMS does with data keys, without the wire. A wrapped key names its KMS key, and is bound to its context. */
export function createKeyService() {
  const keys = new Map<string, KmsKey>()
  /** Names that lead to keys; may be moved. */
  const aliases = new Map<string, string>()

  function addKey(alias?: string): KmsKey {
    const id = `${randomBytes(4).toString('hex')}-0000-4000-8000-${randomBytes(6).toString('hex')}`
    const key: KmsKey = { id, material: randomBytes(32), isEnabled: true }
    keys.set(id, key)
    if (alias !== undefined) aliases.set(alias, id)
    return key
  }

  function find(name: unknown): KmsKey {
    const id = String(name).replace(/^arn:aws:kms:[^:]+:\d+:(?:key\/)?/, '')
    const key = keys.get(aliases.get(id) ?? id)
    if (key === undefined) throw new AwsFault('NotFoundException', 'There is no such key.')
    if (!key.isEnabled) throw new AwsFault('DisabledException', 'The key is disabled.')
    return key
  }

  function generate(input: Input, isPlainTold: boolean) {
    if (input.KeySpec !== 'AES_256') throw new AwsFault('ValidationException', 'The key specification is not emulated.')
    const key = find(input.KeyId)
    const plain = randomBytes(32)
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', key.material, nonce).setAAD(contextOf(input))
    const wrapped = Buffer.concat([
      Buffer.from(key.id),
      nonce,
      cipher.update(plain),
      cipher.final(),
      cipher.getAuthTag(),
    ])
    return {
      KeyId: arnOf(key),
      CiphertextBlob: wrapped.toString('base64'),
      ...(isPlainTold && { Plaintext: plain.toString('base64') }),
    }
  }

  const operations: Readonly<Record<string, (input: Input) => unknown>> = {
    GenerateDataKey: (input) => generate(input, true),
    GenerateDataKeyWithoutPlaintext: (input) => generate(input, false),
    Decrypt(input) {
      const wrapped = Buffer.from(String(input.CiphertextBlob), 'base64')
      if (!keys.has(wrapped.toString('latin1', 0, idBytes))) throw invalid()
      const key = find(wrapped.toString('latin1', 0, idBytes))
      if (input.KeyId !== undefined && find(input.KeyId) !== key) {
        throw new AwsFault('IncorrectKeyException', 'Another key has wrapped this.')
      }
      const nonceEnd = idBytes + nonceBytes
      const decipher = createDecipheriv('aes-256-gcm', key.material, wrapped.subarray(idBytes, nonceEnd))
      decipher.setAAD(contextOf(input)).setAuthTag(wrapped.subarray(-tagBytes))
      try {
        const plain = Buffer.concat([decipher.update(wrapped.subarray(nonceEnd, -tagBytes)), decipher.final()])
        return { KeyId: arnOf(key), Plaintext: plain.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
      } catch {
        throw invalid()
      }
    },
  }

  return {
    keys: keys as ReadonlyMap<string, KmsKey>,
    addKey,
    perform(operation: string, input: Input): unknown {
      const perform = operations[operation]
      if (perform === undefined) throw new AwsFault('UnknownOperationException', `${operation} is not emulated.`)
      return perform(input)
    },
  }
}

function invalid(): AwsFault {
  return new AwsFault('InvalidCiphertextException', 'The ciphertext does not open.')
}

function arnOf({ id }: KmsKey): string {
  return `arn:aws:kms:eu-west-1:000000000000:key/${id}`
}

function contextOf(input: Input): Buffer {
  const context = typeof input.EncryptionContext === 'object' ? (input.EncryptionContext ?? {}) : {}
  return Buffer.from(JSON.stringify(Object.entries(context).sort()))
}
