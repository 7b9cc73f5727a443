import { AppFault } from '../app.js'
import type { AuthStrategy, PreparedAuth } from '../ports/auth-strategy.js'
import { compileTemplate, type Template } from '../template.js'
import { refuseUnknown, textSetting } from './placement.js'

/** `{ kind: query, name: api_key, value: "{{custom_fields.api_key}}" }` */
export const queryStrategy: AuthStrategy = {
  kind: 'query',
  prepare(settings, field) {
    refuseUnknown(settings, ['name', 'value'], field)
    const name = textSetting(settings, 'name', field)
    if (!isQueryName(name)) throw new AppFault(`${field}.name`, 'must be printable ASCII without spaces')
    return queryAuth('query', name, compileTemplate(textSetting(settings, 'value', field), `${field}.value`))
  },
}

export function isQueryName(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

/** A prepared strategy that sets one query parameter. */
export function queryAuth(kind: string, name: string, value: Template): PreparedAuth {
  return {
    kind,
    headerNames: [],
    queryNames: [name],
    body: 'untouched',
    inject: (values, request) => ({ query: [name, value.render(values.reveal(), request)] }),
  }
}
