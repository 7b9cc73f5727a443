import type { AuthEntry } from '@proxy/core'
import { Inexpressible } from '../inexpressible.js'
import { assertionSchema, type ProviderEntry } from '../provider-entry.js'
import type { ProviderFields } from '../provider-fields.js'
import { translate, translateUrl } from '../translate.js'
import { exchange, isFramingHeader, type PreparedMode, placesOf, translateTexts } from './mode.js'
import { tokenUrlOf } from './oauth2.js'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const own: ReadonlySet<string> = new Set(['grant_type', 'client_id', 'client_assertion_type', 'client_assertion'])

/** True for a login by RFC 7523, 2.2: client credentials with a signed JWT in place of a secret. */
export function isSignedClient({ token_params: parameters, assertion, body_format: format }: ProviderEntry): boolean {
  return (
    assertion !== undefined &&
    format === 'form' &&
    parameters?.client_assertion_type === assertionType &&
    parameters.grant_type === 'client_credentials'
  )
}

export function signedClient(entry: ProviderEntry, fields: ProviderFields): PreparedMode {
  const tokenUrl = tokenUrlOf(entry)
  const { data: assertion } = assertionSchema.safeParse(entry.assertion)
  if (tokenUrl === undefined || assertion?.type !== 'jwt') throw new Inexpressible('an assertion that is no JWT')
  const { alg, kid, typ: _, ...head } = assertion.header
  const { iss, sub, aud, jti: _jti, iat: _iat, exp: _exp, ...claims } = assertion.payload
  const [other] = [...Object.keys(head), ...Object.keys(claims)]
  if (other !== undefined) throw new Inexpressible(`the member ${other} in an assertion`)
  if (iss !== sub || aud !== tokenUrl) throw new Inexpressible('an assertion that is not for the token URL')
  const places = placesOf(fields)
  const text = (value: unknown): string => translate(String(value), places).text
  const parameters = translateTexts(entry.token_params, places, (name) => own.has(name))
  const headers = translateTexts(entry.token_headers, places, isFramingHeader)
  const settings: AuthEntry = {
    kind: 'client-credentials',
    token_url: translateUrl(tokenUrl, places),
    client_auth: 'private_key_jwt',
    client_id: text(iss),
    private_key: text(assertion.key.replaceAll('assertionOption.', 'credentials.')),
    ...(alg !== undefined && { algorithm: String(alg) }),
    ...(kid !== undefined && { key_id: text(kid) }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(Object.keys(headers).length > 0 && { headers }),
  }
  return { authType: 'keys', ...exchange(settings) }
}
