import type { Mode } from './mode.js'

/** `API_KEY`: the app's own headers, parameters and the like say where the key goes. */
export const apiKey: Mode = (_entry, fields) => {
  return {
    authType: 'keys',
    usual: undefined,
    withOwnHeader: undefined,
    accessToken: undefined,
    apiKey: () => fields.own('api_key', 'API key'),
  }
}

/** `BASIC`. */
export const basic: Mode = (_entry, fields) => {
  const username = fields.credential('username')
  const password = fields.credential('password')
  const entry = {
    kind: 'basic',
    username: `{{${username.expression}}}`,
    password: `{{${password.expression}}}`,
  }
  return { authType: 'keys', usual: entry, withOwnHeader: undefined, accessToken: undefined, apiKey: undefined }
}

/** `NONE`. */
export const none: Mode = () => {
  const entry = { kind: 'none' }
  return { authType: 'none', usual: entry, withOwnHeader: entry, accessToken: undefined, apiKey: undefined }
}
