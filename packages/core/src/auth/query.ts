import { AppFault } from '../app.js'
import type { AuthStrategy } from '../ports/auth-strategy.js'
import { compileTemplate } from '../template.js'
import { refuseUnknown, textSetting } from './placement.js'

/** `{ kind: query, name: api_key, value: "{{custom_fields.api_key}}" }` */
export const queryStrategy: AuthStrategy = {
  kind: 'query',
  prepare(settings, field) {
    refuseUnknown(settings, ['name', 'value'], field)
    const name = textSetting(settings, 'name', field)
    if (/[^\x21-\x7e]/.test(name)) throw new AppFault(`${field}.name`, 'must be printable ASCII without spaces')
    const value = compileTemplate(textSetting(settings, 'value', field), `${field}.value`)
    return {
      kind: 'query',
      headerNames: [],
      queryNames: [name],
      body: 'untouched',
      inject: (values, request) => ({ query: [name, value.render(values.reveal(), request)] }),
    }
  },
}
