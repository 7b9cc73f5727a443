import { ProxyError } from '../errors.js'
import type { AuthStrategy } from '../ports/auth-strategy.js'
import { compileTemplate } from '../template.js'
import { optionalTextSetting, refuseUnknown } from './placement.js'

/** `{ kind: basic, username: …, password: … }` as RFC 7617 with UTF-8; either may be empty, the user name holds no colon. */
export const basicStrategy: AuthStrategy = {
  kind: 'basic',
  prepare(settings, field) {
    refuseUnknown(settings, ['username', 'password'], field)
    const username = part(settings, 'username', '{{custom_fields.username}}', field)
    const password = part(settings, 'password', '{{custom_fields.password}}', field)
    return {
      kind: 'basic',
      headerNames: ['authorization'],
      queryNames: [],
      body: 'untouched',
      inject(values) {
        const plain = values.reveal()
        const user = username.render(plain)
        if (user.includes(':')) {
          throw new ProxyError(
            'account_config_invalid',
            "The account's user name holds a colon, which Basic cannot carry.",
          )
        }
        const pair = Buffer.from(`${user}:${password.render(plain)}`, 'utf8').toString('base64')
        return { headers: ['authorization', `Basic ${pair}`] }
      },
    }
  },
}

function part(settings: Readonly<Record<string, unknown>>, name: string, usual: string, field: string) {
  const text = settings[name] === '' ? '' : (optionalTextSetting(settings, name, field) ?? usual)
  return compileTemplate(text, `${field}.${name}`)
}
