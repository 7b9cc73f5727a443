import { AppFault } from './app.js'
import type { AppDefinition, OAuthSettings } from './app-definition.js'
import type { BaseScope } from './base-template.js'
import { collectFault } from './collect-fault.js'
import { isHeaderName } from './headers.js'
import type { AnswerPlace, NamedTemplate, RefreshTokenSettings, Renewal } from './ports/renewal.js'
import { compileTemplate, type Template } from './template.js'
import { isFieldName } from './template-syntax.js'
import { secondsOf } from './time-window.js'
import { compileUrl } from './url-template.js'

/** Names in `token_paths` with a meaning; a value under any other name is kept as a credential of that name. */
const standardPlaces = {
  access_token: '/access_token',
  refresh_token: '/refresh_token',
  expires_in: '/expires_in',
  scope: '/scope',
  error: '/error',
} as const

/** Framing and credentials of the token request are not for `token_headers`, but for `authorization`. */
const refusedHeaders: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
])

/** Checks an app's `oauth` section; gives how its grants are refreshed, or undefined when they are not. */
export function compileOAuth(definition: AppDefinition, scope: BaseScope, faults: AppFault[]): Renewal | undefined {
  const oauth = wellShaped(definition.oauth ?? {}, faults)
  for (const name of ['authorize_url', 'refresh_url', 'revoke_url'] as const) {
    const text = oauth[name]
    if (text !== undefined) collectFault(faults, () => compileUrl(text, scope, `oauth.${name}`))
  }
  const { token_url } = oauth
  if (token_url === undefined) return undefined
  let renewal: Renewal | undefined
  collectFault(faults, () => {
    const settings = compileRefresh(oauth, token_url, scope, faults)
    if (definition.auth_type === 'oauth') renewal = { kind: 'refresh-token', settings, fromNothing: false }
  })
  return renewal
}

/** The settings of the right shape, so that every fault is told at once. */
function wellShaped(oauth: OAuthSettings, faults: readonly AppFault[]): OAuthSettings {
  const misshapen = new Set(faults.map(({ field }) => /^oauth\.(\w+)/.exec(field)?.[1]))
  return Object.fromEntries(Object.entries(oauth).filter(([name]) => !misshapen.has(name)))
}

function compileRefresh(
  oauth: OAuthSettings,
  tokenUrl: string,
  scope: BaseScope,
  faults: AppFault[],
): RefreshTokenSettings {
  const template = (name: 'client_id' | 'client_secret' | 'private_key' | 'key_id' | 'assertion_audience') => {
    const text = oauth[name]
    return text === undefined ? undefined : compileDeclared(text, scope, `oauth.${name}`)
  }
  const places = readPlaces(oauth.token_paths ?? {}, faults)
  const { access_token, refresh_token, expires_in, expires_at, scope: scopes, error, ...others } = places
  return {
    tokenUrl: compileUrl(tokenUrl, scope, 'oauth.token_url'),
    refreshUrl: oauth.refresh_url === undefined ? undefined : compileUrl(oauth.refresh_url, scope, 'oauth.refresh_url'),
    clientId: template('client_id'),
    clientSecret: template('client_secret'),
    clientAuth: oauth.client_auth ?? 'post',
    assertion: {
      algorithm: oauth.algorithm ?? 'RS256',
      privateKey: template('private_key'),
      keyId: template('key_id'),
      audience: template('assertion_audience'),
    },
    parameters: compileNamed(oauth.token_params ?? {}, scope, 'oauth.token_params', faults),
    headers: compileHeaders(oauth.token_headers ?? {}, scope, faults),
    body: oauth.token_body ?? 'form',
    answer: {
      token: access_token,
      expiresIn: expires_in,
      // Only where the app says so: under this name stand times without a zone, too.
      expiresAt: expires_at,
      lifetimeSeconds: oauth.lifetime === undefined ? undefined : secondsOf(oauth.lifetime),
      also: [
        { name: 'oauth_refresh_token', place: refresh_token },
        ...Object.entries(others).map(([name, place]) => ({ name, place })),
      ],
    },
    expiryInToken: oauth.expiry_in_token === true,
    scope: scopes,
    scopeSeparator: oauth.scope_separator,
    error,
    refusals: ['invalid_grant', ...(oauth.refused_errors ?? [])],
  }
}

type Places = Readonly<Record<keyof typeof standardPlaces, AnswerPlace>> & Readonly<Record<string, AnswerPlace>>

function readPlaces(paths: Readonly<Record<string, string>>, faults: AppFault[]): Places {
  const given: Record<string, AnswerPlace> = {}
  for (const [name, path] of Object.entries(paths)) {
    collectFault(faults, () => {
      const field = `oauth.token_paths.${name}`
      if (!isFieldName(name)) throw new AppFault(field, 'is no name for a value')
      given[name] = { from: 'json', pointer: readPointer(path, field) }
    })
  }
  const at = (name: keyof typeof standardPlaces): AnswerPlace =>
    given[name] ?? { from: 'json', pointer: standardPlaces[name] }
  return {
    ...given,
    access_token: at('access_token'),
    refresh_token: at('refresh_token'),
    expires_in: at('expires_in'),
    scope: at('scope'),
    error: at('error'),
  }
}

/** `/authed_user/access_token` (RFC 6901) as it stands, `authed_user.access_token` as the pointer that it means. */
function readPointer(path: string, field: string): string {
  if (path.startsWith('/')) {
    if (/~(?![01])/.test(path)) throw new AppFault(field, 'must be a JSON pointer, in which ~ is written ~0')
    return path
  }
  if (!/^[^.\s]+(?:\.[^.\s]+)*$/.test(path))
    throw new AppFault(field, 'must be a path such as authed_user.access_token')
  return `/${path.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('.', '/')}`
}

function compileHeaders(
  headers: Readonly<Record<string, string>>,
  scope: BaseScope,
  faults: AppFault[],
): readonly NamedTemplate[] {
  for (const name of Object.keys(headers)) {
    const field = `oauth.token_headers.${name}`
    if (!isHeaderName(name)) faults.push(new AppFault(field, 'is not a valid header name'))
    if (refusedHeaders.has(name.toLowerCase())) faults.push(new AppFault(field, 'is not for the app to set'))
  }
  return compileNamed(headers, scope, 'oauth.token_headers', faults).map(({ name, value }) => ({
    name: name.toLowerCase(),
    value,
  }))
}

function compileNamed(
  texts: Readonly<Record<string, string>>,
  scope: BaseScope,
  field: string,
  faults: AppFault[],
): readonly NamedTemplate[] {
  const compiled: NamedTemplate[] = []
  for (const [name, text] of Object.entries(texts)) {
    collectFault(faults, () => compiled.push({ name, value: compileDeclared(text, scope, `${field}.${name}`) }))
  }
  return compiled
}

function compileDeclared(text: string, scope: BaseScope, field: string): Template {
  const template = compileTemplate(text, field)
  for (const name of template.fields) {
    if (!scope.customFields.has(name)) {
      throw new AppFault(field, `uses custom_fields.${name}, which the app does not have`)
    }
  }
  return template
}
