import type { AuthEntry } from '@proxy/core'
import { Inexpressible } from '../inexpressible.js'
import type { ProviderEntry } from '../provider-entry.js'
import { type Places, translate, translateUrl } from '../translate.js'
import { exchange, isFramingHeader, type Mode, placesOf, pointerOf, translateTexts } from './mode.js'
import { tokenUrlOf } from './oauth2.js'
import { isSignedClient, signedClient } from './signed-client.js'
import { signedGrant } from './signed-grant.js'

/** `TWO_STEP`: a login of the account's own, whose answer holds the token. */
export const session: Mode = (entry, fields) => {
  refuseSteps(entry)
  if (entry.token !== undefined) return signedGrant(entry, fields)
  if (isSignedClient(entry)) return signedClient(entry, fields)
  if (entry.assertion !== undefined) throw new Inexpressible('an assertion as a part of the login')
  const tokenUrl = tokenUrlOf(entry)
  const { token_response: answer } = entry
  if (tokenUrl === undefined || answer === undefined) throw new Inexpressible('a missing token_url or token_response')
  const places = placesOf(fields)
  const headers = translateTexts(entry.token_headers, places, isFramingHeader)
  const login = {
    ...splitLogin(tokenUrl, places),
    ...(entry.token_request_method === 'GET' && { method: 'GET' }),
    ...(Object.keys(headers).length > 0 && { headers }),
  }
  const settings: AuthEntry = {
    kind: 'session',
    login: { ...login, ...bodyOf(entry, places, login.query) },
    token: pointerOf(answer.token),
    ...expiryOf(entry),
  }
  return { authType: 'keys', ...exchange(settings) }
}

function refuseSteps(entry: ProviderEntry): void {
  if (entry.additional_steps !== undefined) throw new Inexpressible('a login of more than two steps')
  if (entry.token_response_headers !== undefined) throw new Inexpressible('token_response_headers')
  if (entry.body_format === 'xml') throw new Inexpressible('body_format: xml')
}

function bodyOf(entry: ProviderEntry, places: Places, query: Readonly<Record<string, string>> | undefined): object {
  const { token_params: parameters } = entry
  if (parameters === undefined) return {}
  if (entry.token_request_method === 'GET') return { query: { ...query, ...translateTexts(parameters, places) } }
  if (entry.body_format === 'form') return { form: translateTexts(parameters, places) }
  return { json: translateJson(parameters, places) }
}

function translateJson(value: unknown, places: Places): unknown {
  if (typeof value === 'string') return translate(value, places).text
  if (Array.isArray(value)) return value.map((item) => translateJson(item, places))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, translateJson(inner, places)]))
}

export function expiryOf(entry: ProviderEntry): object {
  const { token_expiration: place, token_expiration_strategy: strategy } = entry.token_response ?? {}
  const lifetime = lifetimeOf(entry)
  if (place === undefined) return lifetime
  return { ...lifetime, [strategy === 'expireAt' ? 'expires_at' : 'expires_in']: pointerOf(place) }
}

const longestLifetimeSeconds = 10 * 366 * 86_400

/** Zero stands for a token of which nobody knows when it ends. */
export function lifetimeOf({ token_expires_in_ms: ms = 0 }: ProviderEntry): { lifetime?: number } {
  return ms <= 0 ? {} : { lifetime: Math.min(Math.ceil(ms / 1000), longestLifetimeSeconds) }
}

/** The URL of a login, and its parameters: those may hold secrets, a URL may not. */
export function splitLogin(url: string, places: Places): { url: string; query?: Record<string, string> } {
  const mark = url.indexOf('?')
  if (mark === -1) return { url: translateUrl(url, places) }
  if (url.includes(' || ')) throw new Inexpressible(`the alternative ${url}`)
  const query: Record<string, string> = {}
  for (const pair of url.slice(mark + 1).split('&')) {
    if (pair === '') continue
    const [name = '', ...value] = pair.split('=')
    const text = value.join('=')
    query[name] = translate(text.includes('${') ? text : decodeURIComponent(text), places).text
  }
  return { url: translateUrl(url.slice(0, mark), places), query }
}
