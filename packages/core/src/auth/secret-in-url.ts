import type { CredentialValues } from '../account.js'
import type { App } from '../app.js'
import { decodeBytes, utf8Bytes } from '../percent-bytes.js'
import type { RequestDescription } from '../ports/auth-strategy.js'
import type { Secret } from '../secret.js'
import { parseTarget } from '../target.js'

/** Shorter texts stand in URLs by chance. */
const shortestLength = 8
/** A URL inside a parameter of a URL inside a parameter. */
const deepestEncoding = 3
const secretName = /token|secret|key|password|assertion|session|cookie/i

/** What is injected as it stands in the account does not depend on the request; signatures do, and are worth nothing. */
const anyRequest: RequestDescription = {
  method: 'GET',
  target: parseTarget('https://host.invalid/'),
  headers: [],
  body: undefined,
  bodyIsStream: false,
  now: 0,
}

/**
 * True when a URL (a character for each byte) holds a secret of the account anywhere, under any name, plain or
 * percent-encoded up to three times, in any case (hosts have none): a password field, a token that was granted, or what is
 * injected as a query parameter.
 */
export function holdsSecret(url: string, app: App, values: Secret<CredentialValues>): boolean {
  const secrets = secretsOf(app, values)
  let text = url
  for (let depth = 0; depth <= deepestEncoding; depth++) {
    const plain = comparable(text)
    if (secrets.some((secret) => plain.includes(secret))) return true
    const before = text
    text = decodeBytes(before)
    if (text === before) return false
  }
  return false
}

function secretsOf(app: App, values: Secret<CredentialValues>): readonly string[] {
  const { customFields, credentials } = values.reveal()
  const found: string[] = []
  for (const { name, type } of app.definition.custom_fields ?? []) {
    if (type === 'password' && Object.hasOwn(customFields, name)) found.push(customFields[name] ?? '')
  }
  for (const [name, value] of Object.entries(credentials)) {
    // A vendor's answer also names hosts, types and times.
    if (secretName.test(name) && !value.startsWith('https://')) found.push(value)
  }
  for (const entry of app.auth) {
    if (entry.queryNames.length === 0 || entry.isSignature === true) continue
    const { query = [] } = entry.inject(values, anyRequest)
    for (let index = 0; index + 1 < query.length; index += 2) {
      const value = query[index + 1] ?? ''
      // Behind its name a short value stands there by no chance.
      found.push(value, `${query[index]}=${value}`)
    }
  }
  return found.filter((secret) => secret.length >= shortestLength).map((secret) => comparable(utf8Bytes(secret)))
}

/** Without case, and with `+` for the space that it is in forms. */
function comparable(text: string): string {
  return text.toLowerCase().replaceAll('+', ' ')
}
