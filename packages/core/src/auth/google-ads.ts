import type { CredentialValues } from '../account.js'
import { AppFault } from '../app.js'
import { ProxyError } from '../errors.js'
import { findHeader, isHeaderValue } from '../headers.js'
import type { AuthStrategy } from '../ports/auth-strategy.js'
import { parseTarget, type Target } from '../target.js'
import { openNestedCall } from './nested-call.js'
import { requireHeaderValue } from './placement.js'
import { readSettings } from './settings.js'

/** Where the nested form is sent to; nothing is ever sent there. */
const nestedOrigin = 'https://googleads.m.pipedream.net'

/**
 * `{ kind: google-ads, developer_token: … }`: the access token as bearer, the operator's developer token, and
 * `login-customer-id` from the caller's header of that name or else from the account's custom field
 * `login_customer_id`.
 *
 * A `POST` to `https://googleads.m.pipedream.net` with `{ method, url, data }` becomes the call that it holds, to
 * `base`; a plain call to Google gets the same headers.
 */
export const googleAdsStrategy: AuthStrategy = {
  kind: 'google-ads',
  prepare(written, field, context) {
    const settings = readSettings(written, field, context)
    const token = settings.template('token', '{{credentials.oauth_access_token}}')
    const developerToken = settings.template('developer_token')
    const base = readBase(settings.text('base') ?? 'https://googleads.googleapis.com', settings.path('base'))
    settings.done()
    return {
      kind: 'google-ads',
      headerNames: ['authorization', 'developer-token'],
      queryNames: [],
      body: ({ origin }) => origin === nestedOrigin,
      unwrap: { origin: nestedOrigin, open: (call) => openNestedCall(call, base) },
      inject(secret, request) {
        const values = secret.reveal()
        const bearer = `Bearer ${token.render(values, request)}`
        const developer = developerToken.render(values, request)
        const headers = ['authorization', requireHeaderValue(bearer, isHeaderValue(bearer), 'authorization')]
        headers.push('developer-token', requireHeaderValue(developer, isHeaderValue(developer), 'developer-token'))
        const customer = loginCustomer(values)
        if (customer !== undefined && findHeader(request.headers, 'login-customer-id') === undefined) {
          headers.push('login-customer-id', customer)
        }
        return { headers }
      },
    }
  },
}

function readBase(text: string, field: string): Target {
  try {
    return parseTarget(text)
  } catch {
    throw new AppFault(field, 'must be a URL such as https://googleads.googleapis.com')
  }
}

/** Google takes digits alone; people write `123-456-7890`. */
function loginCustomer({ customFields }: CredentialValues): string | undefined {
  const value = Object.hasOwn(customFields, 'login_customer_id') ? customFields.login_customer_id : undefined
  if (value === undefined || value.trim() === '') return undefined
  const digits = value.replace(/[\s-]/g, '')
  if (/^\d{1,20}$/.test(digits)) return digits
  throw new ProxyError('account_config_invalid', 'The account has a login_customer_id that is no number.', {
    details: { field: 'custom_fields.login_customer_id' },
  })
}
