import { generateKeyPairSync } from 'node:crypto'
import type { AppDefinition, AuthEntry } from '@proxy/core'
import { selfSignedCertificate } from '@proxy/test-support'

// Made anew each time: their signatures are not shown.
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const ecKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const certificate = selfSignedCertificate()

const encodedKeys: Readonly<Record<string, string>> = {
  hex: 'ab'.repeat(32),
  base64: Buffer.alloc(32, 7).toString('base64'),
  base64url: Buffer.alloc(32, 7).toString('base64url'),
}

/** Values for the fields that hold keys, where a sample text would be refused. */
export function realValues({ auth }: AppDefinition): Record<string, string> {
  return Object.fromEntries(
    auth.flatMap((entry) => keysOf(entry).flatMap(([text, value]) => fieldsIn(text).map((name) => [name, value]))),
  )
}

/** Settings that hold keys, and a key that fits each. */
function keysOf(entry: AuthEntry): readonly (readonly [text: unknown, value: string])[] {
  const encoded = encodedKeys[String(entry.key_encoding)]
  const pem = String(String(entry.algorithm).startsWith('ES') ? ecKey : rsaKey)
  switch (entry.kind) {
    case 'mtls':
      return [
        [entry.certificate ?? '{{custom_fields.client_certificate}}', certificate.certificate],
        [entry.private_key ?? '{{custom_fields.client_private_key}}', certificate.key],
      ]
    case 'jwt-bearer':
      return [
        [entry.service_account, JSON.stringify({ client_email: 'robot@acme.example', private_key: pem })],
        [entry.private_key ?? '{{custom_fields.private_key}}', encoded ?? pem],
      ]
    case 'hmac':
      return encoded === undefined ? [] : [[entry.key, encoded]]
    default:
      return entry.private_key === undefined ? [] : [[entry.private_key, pem]]
  }
}

function fieldsIn(text: unknown): readonly string[] {
  return [...String(text).matchAll(/custom_fields\.([\w-]+)/g)].map(([, name = '']) => name)
}
