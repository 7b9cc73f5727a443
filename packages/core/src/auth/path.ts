import type { CredentialValues } from '../account.js'
import { AppFault } from '../app.js'
import { ProxyError } from '../errors.js'
import type { AuthStrategy } from '../ports/auth-strategy.js'
import type { Secret } from '../secret.js'
import { compileTemplate } from '../template.js'
import { parseTemplate } from '../template-syntax.js'
import { refuseUnknown, textSetting } from './placement.js'

/**
 * `{ kind: path, prefix: "/bot{{custom_fields.token}}" }`: the credential as the start of the path, as in Telegram's
 * `/bot<token>/getMe`. The caller's path follows it.
 */
export const pathStrategy: AuthStrategy = {
  kind: 'path',
  prepare(settings, field) {
    refuseUnknown(settings, ['prefix'], field)
    const text = textSetting(settings, 'prefix', field)
    if (!text.startsWith('/') || text.endsWith('/')) {
      throw new AppFault(`${field}.prefix`, 'must start with a slash and not end with one')
    }
    const template = compileTemplate(text, `${field}.prefix`)
    // A value with a slash would make another path of it.
    const segmentCount = parseTemplate(text, field).reduce(
      (count, piece) => count + (piece.kind === 'text' ? piece.text.split('/').length - 1 : 0),
      1,
    )
    const prefix = (values: Secret<CredentialValues>, now: number): string => {
      const rendered = template.render(values.reveal(), { now })
      if (isPlainPath(rendered) && rendered.split('/').length === segmentCount) return rendered
      throw new ProxyError(
        'account_config_invalid',
        "The account's credential for the path holds a character that a path segment cannot carry.",
      )
    }
    return {
      kind: 'path',
      headerNames: [],
      queryNames: [],
      body: 'untouched',
      pathPrefix: prefix,
      inject: (values, { target, now }) => ({ path: prefix(values, now) + target.path }),
    }
  },
}

/** Segments of unreserved characters and those that tokens hold (RFC 3986, 3.3), none of them `.` or `..`. */
function isPlainPath(path: string): boolean {
  return /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~!$&'()*+,;=:@]+)+$/.test(path)
}
