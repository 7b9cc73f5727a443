import { AppFault } from '../app.js'
import type { AuthStrategy } from '../ports/auth-strategy.js'
import type { JwtBearerSettings } from '../ports/renewal.js'
import { assertionKey } from './assertion-key.js'
import { readSettings, type Settings } from './settings.js'
import { tokenAnswer } from './token-answer.js'
import { tokenPlacement } from './token-placement.js'

/**
 * `{ kind: jwt-bearer, token_url: …, … }`: a JWT signed with the account's key is exchanged for an access token.
 *
 * `present` says how the vendor gets the JWT: `assertion` as the grant of RFC 7523, 2.1 (the default; Google), `bearer`
 * as the `Authorization` of a POST (GitHub App), `itself` not at all: the JWT is the access token, and there is no
 * `token_url`. The key is `private_key` with `algorithm` and `key_id`, or a whole Google key file as `service_account`.
 * Claims: `issuer`, `subject`, `audience` (else the token URL), `scope`, `claims` over all of them; `assertion_lifetime`
 * and `backdate` in seconds.
 */
export const jwtBearerStrategy: AuthStrategy = {
  kind: 'jwt-bearer',
  prepare(written, field, context) {
    const settings = readSettings(written, field, context)
    const placed = tokenPlacement('jwt-bearer', settings)
    const renewal = readJwtBearer(settings)
    settings.done()
    return { ...placed, renewal: { kind: 'jwt-bearer', settings: renewal, fromNothing: true } }
  },
}

function readJwtBearer(settings: Settings): JwtBearerSettings {
  const present = settings.oneOf('present', ['assertion', 'bearer', 'itself'], 'assertion')
  const only = (name: string, ...kinds: readonly string[]) => {
    if (settings.has(name) && !kinds.includes(present)) {
      throw new AppFault(settings.path(name), `has no effect with present: ${present}`)
    }
  }
  only('parameters', 'assertion')
  only('json', 'bearer')
  only('token_url', 'assertion', 'bearer')
  only('headers', 'assertion', 'bearer')
  const serviceAccount = settings.optionalTemplate('service_account')
  if (serviceAccount !== undefined) {
    for (const name of ['private_key', 'algorithm', 'key_id', 'key_encoding', 'issuer']) {
      if (settings.has(name)) throw new AppFault(settings.path(name), 'stands in the service account already')
    }
  }
  return {
    tokenUrl: present === 'itself' ? undefined : settings.url('token_url'),
    key: serviceAccount === undefined ? assertionKey(settings) : undefined,
    serviceAccount,
    issuer: settings.optionalTemplate('issuer'),
    subject: settings.optionalTemplate('subject'),
    audience: settings.optionalTemplate('audience'),
    scope: settings.optionalTemplate('scope'),
    claims: settings.json('claims'),
    lifetimeSeconds: settings.whole('assertion_lifetime', 10, 86_400, 3_600),
    backdateSeconds: settings.whole('backdate', 0, 600, 0),
    present,
    parameters: settings.templates('parameters'),
    json: settings.json('json'),
    headers: settings.headers('headers'),
    answer: tokenAnswer(settings, { token: '/access_token', expiresIn: '/expires_in' }),
  }
}
