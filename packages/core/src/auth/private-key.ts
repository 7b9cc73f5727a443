import { createPrivateKey, type KeyObject } from 'node:crypto'
import { ProxyError } from '../errors.js'

/** Reads a PEM text; `\n` written out counts as a line break. Throws `account_config_invalid`, which never shows it. */
export function readPrivateKey(text: string, type: 'rsa'): KeyObject {
  const key = parse(text.replaceAll('\\n', '\n'))
  if (key?.asymmetricKeyType === type) return key
  throw new ProxyError('account_config_invalid', "The account's private key must be the PEM text of an RSA key.")
}

function parse(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch {
    return undefined
  }
}
