import { type App, customFieldFault } from '@proxy/core'
import type { QueryFields } from '../read-fields.js'
import { type FieldFaults, inputName, isRequired } from './form-fields.js'

export interface TypedFields {
  /** Those that hold something, by name. */
  readonly values: Readonly<Record<string, string>>
  readonly faults: FieldFaults
}

const valueLengthMost = 64 * 1024

/** The custom fields of a sent form, and everything that is wrong with them; no fault holds a value. */
export function readTypedFields({ definition }: App, form: QueryFields, isReconnect: boolean): TypedFields {
  const values: Record<string, string> = {}
  const faults = new Map<string, string>()
  for (const field of definition.custom_fields ?? []) {
    const { name } = field
    const sent = form[inputName(name)]
    // Keys are often pasted with the space or line break around them.
    const value = typeof sent === 'string' ? sent.trim() : ''
    if (value === '') {
      if (isRequired(field, isReconnect)) faults.set(name, 'This is needed.')
      continue
    }
    const fault = value.length > valueLengthMost ? 'is too long' : customFieldFault(field, value)
    if (fault === undefined) values[name] = value
    else faults.set(name, `This ${fault}.`)
  }
  return { values, faults }
}

/** What may be shown again after a fault: everything but secrets. */
export function shownAgain({ definition }: App, form: QueryFields): Readonly<Record<string, string>> {
  const typed: Record<string, string> = {}
  for (const { name, type } of definition.custom_fields ?? []) {
    const sent = form[inputName(name)]
    if (type !== 'password' && typeof sent === 'string') typed[name] = sent
  }
  return typed
}
