import type { AppDefinition, OAuthSettings } from '@proxy/core'
import { Inexpressible } from '../inexpressible.js'
import type { ProviderEntry } from '../provider-entry.js'
import type { ProviderFields } from '../provider-fields.js'
import { type Places, translate, translateUrl } from '../translate.js'
import { exchangedToken, isFramingHeader, type Mode, placesOf, translateTexts } from './mode.js'

/** What the flow sets by itself. */
const ownParameters: ReadonlySet<string> = new Set([
  'response_type',
  'client_id',
  'client_secret',
  'redirect_uri',
  'state',
  'code_challenge',
  'code_challenge_method',
])
const ownTokenParameters: ReadonlySet<string> = new Set([
  'grant_type',
  'client_id',
  'client_secret',
  'refresh_token',
  'code',
])

/** `OAUTH2` and its variants: a grant, as a rule with a refresh token. */
export const oauth2: Mode = (entry, fields) => {
  return {
    authType: 'oauth' satisfies AppDefinition['auth_type'],
    usual: { kind: 'bearer' },
    withOwnHeader: undefined,
    accessToken: exchangedToken,
    apiKey: undefined,
    oauth: oauthOf(entry, fields),
  }
}

function oauthOf(entry: ProviderEntry, fields: ProviderFields): OAuthSettings {
  const places = placesOf(fields)
  const { authorization_url: authorizeUrl, refresh_url: refreshUrl, default_scopes: scopes } = entry
  const tokenUrl = tokenUrlOf(entry)
  if (entry.expires_in_unit === 'milliseconds') throw new Inexpressible('expires_in_unit: milliseconds')
  const path = entry.alternate_access_token_response_path
  const authorizeParams = translateAll(entry.authorization_params, places)
  const tokenParams = translateTexts(entry.token_params, places, (name) => ownTokenParameters.has(name))
  const tokenHeaders = translateTexts(entry.token_headers, places, isFramingHeader)
  return {
    ...(authorizeUrl !== undefined &&
      authorizeParams !== undefined && { authorize_url: translateUrl(authorizeUrl, places) }),
    ...(tokenUrl !== undefined && { token_url: translateUrl(tokenUrl, places) }),
    ...(refreshUrl !== undefined && refreshUrl !== tokenUrl && { refresh_url: translateUrl(refreshUrl, places) }),
    client_auth: isBasic(entry) ? 'basic' : 'post',
    pkce: entry.disable_pkce !== true,
    ...(scopes !== undefined && scopes.length > 0 && { scopes }),
    ...(entry.scope_separator !== undefined && { scope_separator: entry.scope_separator }),
    ...(authorizeParams !== undefined && hasAny(authorizeParams) && { authorize_params: authorizeParams }),
    ...(hasAny(tokenParams) && { token_params: tokenParams }),
    ...(hasAny(tokenHeaders) && { token_headers: tokenHeaders }),
    ...(entry.body_format === 'json' && { token_body: 'json' as const }),
    ...(path !== undefined && { token_paths: { access_token: path } }),
  }
}

/** Of several token URLs the one for OAuth 2. */
export function tokenUrlOf({ token_url: url, auth_mode: mode }: ProviderEntry): string | undefined {
  if (url === undefined || typeof url === 'string') return url === '' ? undefined : url
  return url[(mode ?? '').replaceAll('_', '')] ?? url.OAUTH2
}

export function isBasic({ authorization_method: method, token_request_auth_method: auth }: ProviderEntry): boolean {
  return auth === 'basic' || (auth === undefined && method === 'header')
}

/**
 * What goes into the address that the browser is sent to; undefined where that would hold a secret. Then grants cannot be
 * asked for here, but those that are imported work.
 */
function translateAll(
  texts: Readonly<Record<string, unknown>> | undefined,
  places: Places,
): Record<string, string> | undefined {
  const translated: Record<string, string> = {}
  for (const [name, value] of Object.entries(texts ?? {})) {
    if (ownParameters.has(name) || value === null || value === undefined) continue
    const { text, isSecret } = translate(String(value), places)
    if (isSecret) return undefined
    translated[name] = text
  }
  return translated
}

function hasAny(texts: Readonly<Record<string, string>>): boolean {
  return Object.keys(texts).length > 0
}
