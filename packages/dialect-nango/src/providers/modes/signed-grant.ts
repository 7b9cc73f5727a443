import type { AuthEntry } from '@proxy/core'
import { Inexpressible } from '../inexpressible.js'
import { type ProviderEntry, readFields, tokenSchema } from '../provider-entry.js'
import type { ProviderFields } from '../provider-fields.js'
import { type Places, translate, translateUrl } from '../translate.js'
import { exchange, isFramingHeader, type Mode, type PreparedMode, placesOf, translateTexts } from './mode.js'
import { tokenUrlOf } from './oauth2.js'
import { expiryOf } from './session.js'

const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** A signed JWT that is exchanged for a token (RFC 7523, 2.1). */
export function signedGrant(entry: ProviderEntry, fields: ProviderFields): PreparedMode {
  const { token_params: parameters = {}, token_response: answer } = entry
  const tokenUrl = tokenUrlOf(entry)
  if (tokenUrl === undefined || parameters.grant_type !== grant || parameters.assertion !== `\${token}`) {
    throw new Inexpressible('a signed token that is no grant of RFC 7523')
  }
  if (entry.body_format !== 'form' || (answer?.token ?? 'access_token') !== 'access_token') {
    throw new Inexpressible('a grant of RFC 7523 with another form or answer')
  }
  const places = placesOf(fields)
  const others = translateTexts(parameters, places, (name) => name === 'grant_type' || name === 'assertion')
  const headers = translateTexts(entry.token_headers, places, isFramingHeader)
  const settings: AuthEntry = {
    ...signatureOf(entry, places),
    token_url: translateUrl(tokenUrl, places),
    ...(Object.keys(others).length > 0 && { parameters: others }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...expiryOf(entry),
  }
  return { authType: 'keys', ...exchange(settings) }
}

/** `JWT`: the signed token is what the API takes. */
export const jwt: Mode = (entry, fields) => {
  return { authType: 'keys', ...exchange({ ...signatureOf(entry, placesOf(fields)), present: 'itself' }) }
}

function signatureOf(entry: ProviderEntry, places: Places): AuthEntry {
  const { signature } = entry
  const { data: token } = tokenSchema.safeParse(entry.token)
  if (token === undefined) throw new Inexpressible('a signed token without its key, head or claims')
  const { alg, kid, typ: _, ...otherHeaders } = token.header
  const [other] = Object.keys(otherHeaders)
  if (other !== undefined) throw new Inexpressible(`the member ${other} in the head of a JWT`)
  const text = (value: unknown): string => translate(String(value), places).text
  const optional = readFields(entry.credentials)
  const isOptional = (value: unknown) => {
    const name = /^\$\{credentials\.(\w+)\}$/.exec(String(value))?.[1]
    return name !== undefined && optional.get(name)?.optional === true
  }
  const { iss, sub, aud, scope, iat: _iat, exp: _exp, ...claims } = token.payload
  const claim = (name: string, value: unknown) =>
    value === undefined || isOptional(value)
      ? {}
      : { [name]: Array.isArray(value) ? text(value.join(' ')) : text(value) }
  const hmac = entry.signature as { hmac_secret_encoding?: unknown } | undefined
  return {
    kind: 'jwt-bearer',
    private_key: text(token.signing_key),
    ...(alg !== undefined && { algorithm: String(alg) }),
    ...(kid !== undefined && !isOptional(kid) && { key_id: text(kid) }),
    ...(signature?.protocol === 'HMAC' &&
      typeof hmac?.hmac_secret_encoding === 'string' && { key_encoding: hmac.hmac_secret_encoding }),
    assertion_lifetime: Math.max(10, Math.min(86_400, Math.ceil(token.expires_in_ms / 1000))),
    ...claim('issuer', iss),
    ...claim('subject', sub),
    ...claim('audience', aud),
    ...claim('scope', scope),
    ...(Object.keys(claims).length > 0 && { claims: translateTexts(claims, places) }),
  }
}
