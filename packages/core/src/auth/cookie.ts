import { AppFault } from '../app.js'
import { ProxyError } from '../errors.js'
import { findHeader, isHeaderName } from '../headers.js'
import type { AuthStrategy, PreparedAuth } from '../ports/auth-strategy.js'
import { compileTemplate, type Template } from '../template.js'
import { refuseUnknown, textSetting } from './placement.js'

/** `{ kind: cookie, name: session, value: "{{custom_fields.session}}" }`; several entries add up in one header. */
export const cookieStrategy: AuthStrategy = {
  kind: 'cookie',
  prepare(settings, field) {
    refuseUnknown(settings, ['name', 'value'], field)
    const name = textSetting(settings, 'name', field)
    if (!isHeaderName(name)) throw new AppFault(`${field}.name`, 'is not a valid cookie name')
    return cookieAuth('cookie', name, compileTemplate(textSetting(settings, 'value', field), `${field}.value`))
  },
}

/** A prepared strategy that adds one cookie. */
export function cookieAuth(kind: string, name: string, value: Template): PreparedAuth {
  return {
    kind,
    headerNames: ['cookie'],
    queryNames: [],
    body: 'untouched',
    inject(values, request) {
      const text = value.render(values.reveal(), request)
      if (!isCookieValue(text)) {
        throw new ProxyError(
          'account_config_invalid',
          `The account's credential for the cookie ${name} holds a character that a cookie cannot carry.`,
        )
      }
      // The caller's own are gone by now, so what stands here is from an entry before this one.
      const before = findHeader(request.headers, 'cookie')
      return { headers: ['cookie', `${before === undefined ? '' : `${before}; `}${name}=${text}`] }
    },
  }
}

/** RFC 6265, 4.1.1: cookie-octets. */
function isCookieValue(text: string): boolean {
  return /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/.test(text)
}
