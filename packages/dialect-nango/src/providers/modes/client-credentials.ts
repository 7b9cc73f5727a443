import type { AuthEntry } from '@proxy/core'
import { Inexpressible } from '../inexpressible.js'
import { translateUrl } from '../translate.js'
import { exchange, isFramingHeader, type Mode, placesOf, translateTexts } from './mode.js'
import { isBasic, tokenUrlOf } from './oauth2.js'
import { lifetimeOf, splitLogin } from './session.js'

/** `OAUTH2_CC`: the account's own client gets its tokens (RFC 6749, 4.4). */
export const clientCredentials: Mode = (entry, fields) => {
  const tokenUrl = tokenUrlOf(entry)
  if (tokenUrl === undefined) throw new Inexpressible('a missing token_url')
  if (entry.require_client_certificate === true) throw new Inexpressible('require_client_certificate')
  if (entry.token_request_auth_method === 'custom') throw new Inexpressible('token_request_auth_method: custom')
  const places = placesOf(fields)
  const id = `{{${fields.own('client_id', 'Client ID').expression}}}`
  const secret = `{{${fields.own('client_secret', 'Client secret').expression}}}`
  const headers = translateTexts(entry.token_headers, places, isFramingHeader)
  const scopes = entry.default_scopes ?? []
  const separator = entry.scope_separator
  const lifetime = lifetimeOf(entry)

  if (entry.body_format === 'json' || entry.body_format === 'query') {
    const scope = scopes.length === 0 ? {} : { scope: scopes.join(separator ?? ' ') }
    const parameters = {
      ...(isBasic(entry) ? {} : { client_id: id, client_secret: secret }),
      grant_type: 'client_credentials',
      ...scope,
      ...translateTexts(entry.token_params, places),
    }
    const login = splitLogin(tokenUrl, places)
    const authorization = isBasic(entry)
      ? { authorization: `Basic {{base64(${inner(id)}, ':', ${inner(secret)})}}` }
      : {}
    const isJson = entry.body_format === 'json'
    return {
      authType: 'keys',
      ...exchange({
        kind: 'session',
        login: {
          ...login,
          headers: { ...authorization, ...headers },
          ...(isJson ? { json: parameters } : { query: { ...login.query, ...parameters } }),
        },
        token: '/access_token',
        expires_in: '/expires_in',
        ...lifetime,
      }),
    }
  }
  const parameters = translateTexts(
    entry.token_params,
    places,
    (name) => name === 'client_id' || name === 'client_secret',
  )
  if (parameters.grant_type === 'client_credentials') delete parameters.grant_type
  const settings: AuthEntry = {
    kind: 'client-credentials',
    token_url: translateUrl(tokenUrl, places),
    client_auth: isBasic(entry) ? 'basic' : 'post',
    client_id: id,
    client_secret: secret,
    ...(scopes.length > 0 && { scopes }),
    ...(scopes.length > 0 && separator !== undefined && { scope_separator: separator }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...lifetime,
  }
  return { authType: 'keys', ...exchange(settings) }
}

/** `{{custom_fields.x}}` without its braces. */
function inner(template: string): string {
  return template.slice(2, -2)
}
