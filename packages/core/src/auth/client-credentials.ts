import { AppFault } from '../app.js'
import type { AuthStrategy } from '../ports/auth-strategy.js'
import type { ClientCredentialsSettings, NamedTemplate } from '../ports/renewal.js'
import { assertionKey } from './assertion-key.js'
import { readSettings, type Settings } from './settings.js'
import { tokenAnswer } from './token-answer.js'
import { tokenPlacement } from './token-placement.js'

/**
 * `{ kind: client-credentials, token_url: … }`: RFC 6749, 4.4 with the account's own client. `client_auth` is `basic`
 * (the default), `post` or `private_key_jwt` with `private_key`, `algorithm`, `key_id`; further: `scopes`,
 * `scope_separator`, `audience`, `parameters` (a `grant_type` there replaces the usual one), `headers`.
 */
export const clientCredentialsStrategy: AuthStrategy = {
  kind: 'client-credentials',
  prepare(written, field, context) {
    const settings = readSettings(written, field, context)
    const placed = tokenPlacement('client-credentials', settings)
    const renewal = readClientCredentials(settings)
    settings.done()
    return { ...placed, renewal: { kind: 'client-credentials', settings: renewal, fromNothing: true } }
  },
}

function readClientCredentials(settings: Settings): ClientCredentialsSettings {
  const clientAuth = settings.oneOf('client_auth', ['basic', 'post', 'private_key_jwt'], 'basic')
  const byKey = clientAuth === 'private_key_jwt'
  for (const name of byKey ? ['client_secret'] : ['private_key', 'algorithm', 'key_id', 'key_encoding']) {
    if (settings.has(name)) throw new AppFault(settings.path(name), `has no effect with client_auth: ${clientAuth}`)
  }
  const audience = settings.optionalTemplate('audience')
  const audiences: readonly NamedTemplate[] = audience === undefined ? [] : [{ name: 'audience', value: audience }]
  return {
    tokenUrl: settings.url('token_url'),
    clientId: settings.template('client_id', '{{custom_fields.client_id}}'),
    clientSecret: byKey ? undefined : settings.template('client_secret', '{{custom_fields.client_secret}}'),
    clientAuth,
    key: byKey ? assertionKey(settings) : undefined,
    scopes: settings.texts('scopes'),
    scopeSeparator: settings.text('scope_separator') ?? ' ',
    parameters: [...audiences, ...settings.templates('parameters')],
    headers: settings.headers('headers'),
    answer: tokenAnswer(settings, { token: '/access_token', expiresIn: '/expires_in' }),
  }
}
