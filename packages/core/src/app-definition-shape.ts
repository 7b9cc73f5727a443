import {
  anyText,
  anything,
  boolean,
  check,
  finiteNumber,
  list,
  oneOf,
  record,
  shape,
  someText,
  textLike,
  wholeNumber,
} from './app-shape.js'
import { isHeaderValue } from './headers.js'
import { isFieldName } from './template-syntax.js'

const isSomeText = (value: unknown) => typeof value === 'string' && value !== ''
const textOrTexts = check(
  (value) => isSomeText(value) || (Array.isArray(value) && value.every(isSomeText)),
  'must be a string or a list of strings',
)
const longestWindowSeconds = 366 * 86_400
const timeWindow = check(
  (value) =>
    typeof value === 'string'
      ? /^[1-9]\d{0,8}[smhd]$/.test(value)
      : Number.isInteger(value) && Number(value) >= 1 && Number(value) <= longestWindowSeconds,
  'must be seconds, or a text such as 60s, 5m, 1h or 1d',
)

const fieldName = check(
  (value) => typeof value === 'string' && isFieldName(value),
  'must be letters, digits, _ and -, at most 64, and no name that every object has',
)

const customField = shape(
  {
    name: fieldName,
    label: anyText,
    description: anyText,
    default: anyText,
    optional: boolean,
    type: oneOf('string', 'password'),
    format: oneOf('host-label', 'host', 'url', 'integer', 'uuid'),
    pattern: someText,
  },
  ['name'],
)

const headerText = check(
  (value) => typeof value === 'string' && isHeaderValue(value),
  'must be a text that a header can carry',
)

/** The shape of an `AppDefinition`: keys and types, before anything is compiled. */
export const appDefinitionShape = shape(
  {
    name_slug: textLike(
      /^[a-z0-9_][a-z0-9_-]{0,99}$/,
      'must be lower-case letters, digits, _ and -, at most 100, such as google_sheets',
    ),
    name: someText,
    id: textLike(/^app_[A-Za-z0-9]{1,64}$/, 'must be app_ and letters or digits'),
    description: anyText,
    img_src: anyText,
    categories: list(someText),
    featured_weight: finiteNumber,
    aliases: list(textLike(/^[A-Za-z0-9~:.@ _-]{1,255}$/, 'must be letters, digits and ~:.@ _-, at most 255')),
    auth_type: oneOf('oauth', 'keys', 'none'),
    custom_fields: list(customField),
    connect: shape({
      proxy_enabled: boolean,
      base_proxy_target_url: someText,
      allowed_domains: list(someText),
      allow_http: boolean,
      allowed_ports: list(wholeNumber(1, 65_535)),
    }),
    auth: list(shape({ kind: someText }, ['kind'], anything)),
    headers: record(anyText),
    oauth: shape({
      authorize_url: someText,
      token_url: someText,
      refresh_url: someText,
      revoke_url: someText,
      client_id: someText,
      client_secret: someText,
      client_auth: oneOf('basic', 'post', 'private_key_jwt', 'none'),
      private_key: someText,
      algorithm: oneOf('RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'),
      key_id: someText,
      assertion_audience: someText,
      pkce: boolean,
      scopes: list(someText),
      scope_separator: anyText,
      authorize_params: record(anyText),
      token_params: record(anyText),
      token_headers: record(headerText),
      token_body: oneOf('form', 'json'),
      token_paths: record(someText),
      lifetime: timeWindow,
      expiry_in_token: boolean,
      refused_errors: list(someText),
    }),
    retry: shape({
      after: textOrTexts,
      remaining: someText,
      at: textOrTexts,
      error_code: list(textLike(/^[1-5](?:\d\d(?:-[1-5]\d\d)?|xx)$/, 'must be a status such as 403, 5xx or 500-502')),
      attempts: wholeNumber(0, 10),
    }),
    limits: shape(
      {
        requests: wholeNumber(1, 1_000_000_000),
        window: timeWindow,
      },
      ['requests', 'window'],
    ),
    redirects: oneOf('follow', 'manual', 'error'),
    relay_set_cookie: boolean,
    encode_json_as_form: boolean,
    health: shape({ path: someText, method: oneOf('GET', 'HEAD', 'POST') }, ['path']),
    idempotency_header: someText,
    docs: anyText,
  },
  ['name_slug', 'name', 'auth_type', 'connect'],
)
