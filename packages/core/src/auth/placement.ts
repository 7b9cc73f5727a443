import { AppFault } from '../app.js'
import { ProxyError } from '../errors.js'
import { isHeaderName } from '../headers.js'

/** Reads settings of an `auth` entry; each fault names its field. */
export function textSetting(settings: Readonly<Record<string, unknown>>, name: string, field: string): string {
  const value = settings[name]
  if (typeof value !== 'string' || value === '') throw new AppFault(`${field}.${name}`, 'must be a non-empty string')
  return value
}

export function optionalTextSetting(
  settings: Readonly<Record<string, unknown>>,
  name: string,
  field: string,
): string | undefined {
  return settings[name] === undefined ? undefined : textSetting(settings, name, field)
}

/** Refuses settings that a kind does not know, so that a typing mistake is not silently without effect. */
export function refuseUnknown(
  settings: Readonly<Record<string, unknown>>,
  known: readonly string[],
  field: string,
): void {
  for (const name of Object.keys(settings)) {
    if (name !== 'kind' && !known.includes(name)) {
      throw new AppFault(`${field}.${name}`, `is not a setting of this kind; known: ${known.join(', ') || 'none'}`)
    }
  }
}

const reserved = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
  'trailer',
  'via',
])

/** A header name that a credential may take, in lower case. */
export function credentialHeaderName(text: string, field: string): string {
  const name = text.toLowerCase()
  if (!isHeaderName(text)) throw new AppFault(field, 'is not a valid header name')
  if (reserved.has(name)) throw new AppFault(field, `${name} frames the request and cannot carry a credential`)
  return name
}

/** Throws when a rendered credential cannot stand in a header; never shows it. */
export function requireHeaderValue(value: string, headerValueIsValid: boolean, name: string): string {
  if (!headerValueIsValid) {
    throw new ProxyError(
      'account_config_invalid',
      `The account's credential for the header ${name} holds a character that a header cannot carry.`,
    )
  }
  return value
}
