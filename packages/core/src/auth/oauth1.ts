import { type KeyObject, randomBytes } from 'node:crypto'
import type { CredentialValues } from '../account.js'
import { AppFault } from '../app.js'
import { findHeader, isHeaderValue } from '../headers.js'
import type { AuthStrategy, Injection, PreparedAuth, RequestDescription } from '../ports/auth-strategy.js'
import type { Secret } from '../secret.js'
import type { Template } from '../template.js'
import { type OAuth1Method, oauth1BodyHash, oauth1Header, oauth1Methods, oauth1Signature } from './oauth1-signature.js'
import { requireHeaderValue } from './placement.js'
import { readPrivateKey } from './private-key.js'
import { readSettings, type Settings } from './settings.js'

/**
 * `{ kind: oauth1 }`: OAuth 1.0 (RFC 5849). Query parameters and the fields of form bodies are covered.
 *
 * `consumer_key`, `consumer_secret`, `token`, `token_secret` (an empty `token` is for calls without one), `method`
 * (`HMAC-SHA1` unless said otherwise), `private_key` for the RSA methods, `realm`, `in: header | query`,
 * `version: false` leaves `oauth_version` out, `body_hash: true` covers bodies that are no form.
 */
export const oauth1Strategy: AuthStrategy = {
  kind: 'oauth1',
  prepare(written, field, context) {
    const settings = readSettings(written, field, context)
    const prepared = prepareOAuth1(readOAuth1(settings))
    settings.done()
    return prepared
  },
}

interface OAuth1Settings {
  readonly method: OAuth1Method
  readonly consumerKey: Template
  readonly consumerSecret: Template
  readonly token: Template
  readonly tokenSecret: Template
  readonly privateKey: Template | undefined
  readonly realm: Template | undefined
  readonly place: 'header' | 'query'
  readonly hasVersion: boolean
  readonly hasBodyHash: boolean
}

function readOAuth1(settings: Settings): OAuth1Settings {
  const method = settings.oneOf('method', oauth1Methods, 'HMAC-SHA1')
  const isRsa = method.startsWith('RSA')
  const place = settings.oneOf('in', ['header', 'query'], 'header')
  if (!isRsa && settings.has('private_key')) {
    throw new AppFault(settings.path('private_key'), `has no effect with method: ${method}`)
  }
  if (place === 'query' && settings.has('realm')) throw new AppFault(settings.path('realm'), 'is for in: header only')
  return {
    method,
    consumerKey: settings.template('consumer_key', '{{custom_fields.consumer_key}}'),
    // RSA signs with the key alone, so the secret may be left out.
    consumerSecret: settings.template('consumer_secret', isRsa ? '' : '{{custom_fields.consumer_secret}}'),
    token: settings.template('token', '{{credentials.oauth_access_token}}'),
    tokenSecret: settings.template('token_secret', isRsa ? '' : '{{credentials.oauth_token_secret}}'),
    privateKey: isRsa ? settings.template('private_key', '{{custom_fields.private_key}}') : undefined,
    realm: settings.optionalTemplate('realm'),
    place,
    hasVersion: settings.flag('version', true),
    hasBodyHash: settings.flag('body_hash', false),
  }
}

const names = ['consumer_key', 'token', 'signature_method', 'timestamp', 'nonce', 'version', 'body_hash', 'signature']

function prepareOAuth1(settings: OAuth1Settings): PreparedAuth {
  const { method, place, hasBodyHash } = settings
  const isPlain = method === 'PLAINTEXT'
  const keys = new WeakMap<Secret<CredentialValues>, KeyObject>()

  const keyOf = (secret: Secret<CredentialValues>): KeyObject | undefined => {
    if (settings.privateKey === undefined) return undefined
    let key = keys.get(secret)
    if (key === undefined) {
      key = readPrivateKey(settings.privateKey.render(secret.reveal()), 'rsa')
      keys.set(secret, key)
    }
    return key
  }

  return {
    kind: 'oauth1',
    headerNames: place === 'header' ? ['authorization'] : [],
    queryNames: names.map((name) => `oauth_${name}`),
    body: isPlain ? 'untouched' : hasBodyHash ? 'bytes' : (_, headers) => isForm(headers),
    isSignature: true,
    inject(secret, request): Injection {
      const values = secret.reveal()
      const parameters = protocolParameters(settings, values, request)
      const signed = {
        consumerSecret: settings.consumerSecret.render(values, request),
        tokenSecret: hasToken(parameters) ? settings.tokenSecret.render(values, request) : '',
        privateKey: keyOf(secret),
      }
      const form = isForm(request.headers) ? request.body : undefined
      const { target } = request
      parameters.push([
        'oauth_signature',
        oauth1Signature(method, { method: request.method, target, form }, parameters, signed),
      ])
      if (place === 'query') return { query: parameters.flat() }
      const header = oauth1Header(parameters, settings.realm?.render(values, request))
      return { headers: ['authorization', requireHeaderValue(header, isHeaderValue(header), 'authorization')] }
    },
  }
}

function protocolParameters(
  settings: OAuth1Settings,
  values: CredentialValues,
  request: RequestDescription,
): [string, string][] {
  const { method, hasVersion, hasBodyHash } = settings
  const parameters: [string, string][] = [['oauth_consumer_key', settings.consumerKey.render(values, request)]]
  const token = settings.token.render(values, request)
  if (token !== '') parameters.push(['oauth_token', token])
  parameters.push(['oauth_signature_method', method])
  parameters.push(['oauth_timestamp', String(Math.floor(request.now / 1000))])
  parameters.push(['oauth_nonce', randomBytes(16).toString('hex')])
  if (hasVersion) parameters.push(['oauth_version', '1.0'])
  if (hasBodyHash && !isForm(request.headers)) {
    parameters.push(['oauth_body_hash', oauth1BodyHash(method, request.body ?? Buffer.alloc(0))])
  }
  return parameters
}

function hasToken(parameters: readonly (readonly [string, string])[]): boolean {
  return parameters.some(([name]) => name === 'oauth_token')
}

/** RFC 5849, 3.4.1.3.1: a single part of this type is covered. */
function isForm(headers: readonly string[]): boolean {
  const type = findHeader(headers, 'content-type')
  return type !== undefined && /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)
}
