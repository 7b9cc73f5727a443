import type { AppDefinition, AuthEntry, OAuthSettings } from '@proxy/core'
import type { ProviderEntry } from '../provider-entry.js'
import type { ProviderFields, Value } from '../provider-fields.js'
import { type Places, translate } from '../translate.js'

/** How an app of one `auth_mode` gets and places its credential, before its own headers are looked at. */
export interface PreparedMode {
  readonly authType: AppDefinition['auth_type']
  /** The entry that places the credential where this mode usually does; undefined when only headers and the like do. */
  readonly usual: AuthEntry | undefined
  /** The same when the app has an `Authorization` header of its own. */
  readonly withOwnHeader: AuthEntry | undefined
  readonly accessToken: Value | undefined
  readonly apiKey: (() => Value) | undefined
  readonly oauth?: OAuthSettings
}

/** Prepares one `auth_mode`; throws `Inexpressible`. */
export type Mode = (entry: ProviderEntry, fields: ProviderFields) => PreparedMode

/** The token that an exchange gave. */
export const exchangedToken: Value = { expression: 'credentials.oauth_access_token', isSecret: true }

export function placesOf(fields: ProviderFields): Places {
  return { fields, accessToken: exchangedToken, apiKey: undefined }
}

/** An exchange that places its token itself, and one that leaves that to the headers. */
export function exchange(entry: AuthEntry): Pick<PreparedMode, 'usual' | 'withOwnHeader' | 'accessToken' | 'apiKey'> {
  return { usual: entry, withOwnHeader: { ...entry, in: 'none' }, accessToken: exchangedToken, apiKey: undefined }
}

/** Texts by name, translated; other values become texts. */
export function translateTexts(
  texts: Readonly<Record<string, unknown>> | undefined,
  places: Places,
  isLeftOut: (name: string) => boolean = () => false,
): Record<string, string> {
  const translated: Record<string, string> = {}
  for (const [name, value] of Object.entries(texts ?? {})) {
    if (isLeftOut(name) || value === null || value === undefined) continue
    translated[name] = translate(typeof value === 'string' ? value : JSON.stringify(value), places).text
  }
  return translated
}

/** What frames a token request is not for the app to say. */
export function isFramingHeader(name: string): boolean {
  return /^(?:content-type|content-length|host)$/i.test(name)
}

/** `data.token` as `/data/token`; the empty path is the whole answer. */
export function pointerOf(path: string): string {
  if (path === '') return ''
  const parts = path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')
  return parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
