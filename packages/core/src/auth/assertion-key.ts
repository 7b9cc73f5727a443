import type { AssertionKey, SigningAlgorithm } from '../ports/renewal.js'
import type { Settings } from './settings.js'

const algorithms: readonly SigningAlgorithm[] = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'HS256', 'HS384', 'HS512'] as const),
]

/** Reads `algorithm`, `private_key`, `key_encoding` and `key_id`. */
export function assertionKey(settings: Settings): AssertionKey {
  return {
    algorithm: settings.oneOf('algorithm', algorithms, 'RS256'),
    privateKey: settings.template('private_key', '{{custom_fields.private_key}}'),
    secretEncoding: settings.oneOf('key_encoding', ['utf8', 'base64', 'base64url', 'hex'], 'utf8'),
    keyId: settings.optionalTemplate('key_id'),
  }
}
