import { isHeaderValue } from '../headers.js'
import type { AuthStrategy, PreparedAuth } from '../ports/auth-strategy.js'
import { sharedText } from '../shared-text.js'
import { compileTemplate, type Template } from '../template.js'
import { credentialHeaderName, refuseUnknown, requireHeaderValue, textSetting } from './placement.js'

/** `{ kind: header, name: x-api-key, value: "{{custom_fields.api_key}}" }` */
export const headerStrategy: AuthStrategy = {
  kind: 'header',
  prepare(settings, field) {
    refuseUnknown(settings, ['name', 'value'], field)
    const name = sharedText(credentialHeaderName(textSetting(settings, 'name', field), `${field}.name`))
    return headerAuth('header', name, compileTemplate(textSetting(settings, 'value', field), `${field}.value`))
  },
}

/** A prepared strategy that sets one header. */
export function headerAuth(kind: string, name: string, value: Template): PreparedAuth {
  const { render } = value
  return {
    kind,
    headerNames: [name],
    queryNames: [],
    body: 'untouched',
    inject(values, request) {
      const text = render(values.reveal(), request)
      return { headers: [name, requireHeaderValue(text, isHeaderValue(text), name)] }
    },
  }
}
