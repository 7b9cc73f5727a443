import type { App, CustomField } from '@proxy/core'
import { attributes, html, type Markup } from './html.js'

/** What is wrong with which field, by its name. */
export type FieldFaults = ReadonlyMap<string, string>

export interface FieldState {
  /** What was typed, by name; secrets are never shown again. */
  readonly typed: Readonly<Record<string, string>>
  readonly faults: FieldFaults
  /** What is left empty stays as it is. */
  readonly isReconnect: boolean
  /** Browsers refuse this in a frame of another site; there the script does it. */
  readonly focuses: boolean
}

const formatHints: Readonly<Record<NonNullable<CustomField['format']>, Readonly<Record<string, string>>>> = {
  'host-label': {
    pattern: '[A-Za-z0-9]([A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?',
    title: 'letters, digits and inner hyphens',
  },
  host: {
    pattern: '[A-Za-z0-9\\-]+([.][A-Za-z0-9\\-]+)*',
    title: 'a host name such as api.example.com',
    inputmode: 'url',
  },
  url: { inputmode: 'url' },
  integer: { pattern: '-?[0-9]{1,20}', inputmode: 'numeric', title: 'a whole number' },
  uuid: {
    pattern: '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}',
    title: 'a UUID',
  },
}

/** The name of a field's input: the page has names of its own. */
export function inputName(field: string): string {
  return `cf_${field}`
}

/** True when the form must be sent with a value. */
export function isRequired(field: CustomField, isReconnect: boolean): boolean {
  return !isReconnect && field.optional !== true && field.default === undefined
}

/** One labelled input for each custom field of the app. */
export function formFields({ definition }: App, state: FieldState): readonly Markup[] {
  const fields = definition.custom_fields ?? []
  const focus = fields.find(({ name }) => state.faults.has(name)) ?? fields[0]
  return fields.map((field) => formField(field, state, state.focuses && field === focus))
}

function formField(field: CustomField, { typed, faults, isReconnect }: FieldState, hasFocus: boolean): Markup {
  const { name, label = name, description, type, format } = field
  const id = inputName(name)
  const fault = faults.get(name)
  const isSecret = type === 'password'
  const described = [description !== undefined && `${id}-hint`, fault !== undefined && `${id}-error`].filter(Boolean)
  const input = attributes({
    id,
    name: id,
    type: isSecret ? 'password' : format === 'url' ? 'url' : 'text',
    value: isSecret ? undefined : (typed[name] ?? (isReconnect ? undefined : field.default)),
    required: isRequired(field, isReconnect),
    ...(format !== undefined && formatHints[format]),
    autocomplete: isSecret ? 'new-password' : 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    autofocus: hasFocus,
    'aria-invalid': fault === undefined ? undefined : 'true',
    'aria-describedby': described.length === 0 ? undefined : described.join(' '),
  })
  return html`<div class="field">
<label for="${id}">${label}${!isRequired(field, isReconnect) && html` <span class="optional">(${isReconnect ? 'unchanged if left empty' : 'optional'})</span>`}</label>
${description !== undefined && html`<p class="hint" id="${id}-hint">${description}</p>`}
<input${input}>
${fault !== undefined && html`<p class="error" id="${id}-error">${fault}</p>`}
</div>
`
}
