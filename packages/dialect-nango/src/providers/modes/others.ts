import { Inexpressible } from '../inexpressible.js'
import { translateUrl } from '../translate.js'
import { exchange, exchangedToken, type Mode, placesOf } from './mode.js'
import { tokenUrlOf } from './oauth2.js'

/** `OAUTH1`: the client's key and secret are fields of the account, since they sign every call. */
export const oauth1: Mode = (entry, fields) => {
  const key = fields.own('consumer_key', 'Consumer key')
  const secret = fields.own('consumer_secret', 'Consumer secret')
  const settings = {
    kind: 'oauth1',
    method: entry.signature_method ?? 'HMAC-SHA1',
    consumer_key: `{{${key.expression}}}`,
    ...(entry.signature_method === 'RSA-SHA1'
      ? { private_key: `{{${secret.expression}}}` }
      : { consumer_secret: `{{${secret.expression}}}` }),
  }
  return {
    authType: 'oauth',
    usual: settings,
    withOwnHeader: undefined,
    accessToken: exchangedToken,
    apiKey: undefined,
  }
}

/** `TBA`, which is NetSuite's: OAuth 1.0 with tokens that somebody made by hand. */
export const tokenBased: Mode = (_entry, fields) => {
  const settings = {
    kind: 'oauth1',
    method: 'HMAC-SHA256',
    realm: `{{${fields.config('accountId').expression}}}`,
    consumer_key: `{{${fields.own('consumer_key', 'Consumer key').expression}}}`,
    consumer_secret: `{{${fields.own('consumer_secret', 'Consumer secret').expression}}}`,
    token: `{{${fields.own('token_id', 'Token ID').expression}}}`,
    token_secret: `{{${fields.own('token_secret', 'Token secret').expression}}}`,
  }
  return { authType: 'keys', usual: settings, withOwnHeader: undefined, accessToken: undefined, apiKey: undefined }
}

/** `APP`: a GitHub App signs for itself and gets a token for one installation. */
export const githubApp: Mode = (entry, fields) => {
  const tokenUrl = tokenUrlOf(entry)
  if (tokenUrl === undefined) throw new Inexpressible('a missing token_url')
  return {
    authType: 'keys',
    ...exchange({
      kind: 'jwt-bearer',
      token_url: translateUrl(tokenUrl, placesOf(fields)),
      present: 'bearer',
      private_key: `{{${fields.own('private_key', 'Private key').expression}}}`,
      issuer: `{{${fields.own('app_id', 'App ID').expression}}}`,
      assertion_lifetime: 600,
      backdate: 60,
      token: '/token',
      expires_at: '/expires_at',
      headers: { accept: 'application/vnd.github+json' },
    }),
  }
}
