import type { CustomField } from '@proxy/core'
import { Inexpressible } from './inexpressible.js'
import { type ProviderEntry, type ProviderField, readFields } from './provider-entry.js'

/** A value that a template uses, as our templates write it. */
export interface Value {
  /** Such as `custom_fields.api_key`; without braces. */
  readonly expression: string
  readonly isSecret: boolean
}

/** The custom fields of one app, declared as its templates ask for them. */
export interface ProviderFields {
  /** A member of `credentials`; always a secret. */
  credential(name: string): Value
  /** A member of `connection_config`. */
  config(name: string): Value
  /** A value that the provider file gives no name to, such as the API key. */
  own(name: string, label: string): Value
  /** Gives a field the value that it has when an account has none. */
  setDefault(expression: string, value: string): void
  list(): readonly CustomField[]
}

export function providerFields(entry: ProviderEntry): ProviderFields {
  const credentials = readFields(entry.credentials)
  const configs = readFields(entry.connection_config)
  const fields = new Map<string, CustomField & { readonly from: string }>()

  function declare(name: string, from: string, field: Omit<CustomField, 'name'>): Value {
    if (!/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name)) throw new Inexpressible(`the field name ${name}`)
    const before = fields.get(name)
    if (before !== undefined && before.from !== from) {
      throw new Inexpressible(`${name} as a name of both a credential and a configuration`)
    }
    if (before === undefined) fields.set(name, { name, from, ...field })
    return { expression: `custom_fields.${name}`, isSecret: (before ?? field).type === 'password' }
  }

  const credential = (name: string): Value =>
    declare(name, 'credentials', { ...describe(credentials.get(name)), type: 'password' })
  const config = (name: string): Value => declare(name, 'connection_config', describe(configs.get(name)))

  return {
    credential,
    config,
    own: (name, label) => declare(name, 'own', { label, type: 'password' }),
    setDefault(expression, value) {
      const name = expression.replace(/^custom_fields\./, '')
      const field = fields.get(name)
      if (field === undefined || (field.default !== undefined && field.default !== value)) {
        throw new Inexpressible(`two different values in place of a missing ${name}`)
      }
      fields.set(name, { ...field, default: value, optional: true })
    },
    list() {
      // What nothing uses is asked for all the same: the vendor's own pages speak of it.
      for (const name of configs.keys()) if (!fields.has(name)) config(name.replaceAll('.', '_'))
      return [...fields.values()].map(({ from: _, ...field }) => field)
    },
  }
}

function describe(field: ProviderField | undefined): Omit<CustomField, 'name'> {
  if (field === undefined) return {}
  const { title, description, default_value: usual, optional, automated, secret } = field
  return {
    ...(title !== undefined && { label: title }),
    ...(description !== undefined && { description }),
    ...(usual !== undefined && { default: usual }),
    // What the vendor's own scripts fill in is not asked of the end user.
    ...((optional || automated) && { optional: true }),
    ...(secret && { type: 'password' as const }),
  }
}
