import type { Account } from '../account.js'
import type { App } from '../app.js'

type Fields = Readonly<Record<string, string>>

const remembered = new WeakMap<Account, { readonly app: App; readonly fields: Fields }>()

/**
 * The custom fields that may stand in the open (host, path, default headers): those that the app declares and does not
 * mark as a password, with the app's default where the account has none.
 */
export function publicFields(account: Account, app: App): Fields {
  const known = remembered.get(account)
  if (known !== undefined && known.app === app) return known.fields
  const { customFields } = account.values.reveal()
  const fields: Record<string, string> = Object.create(null)
  for (const { name, type, default: usual } of app.definition.custom_fields ?? []) {
    if (type === 'password') continue
    const value: unknown = Object.hasOwn(customFields, name) ? customFields[name] : usual
    if (typeof value === 'string') fields[name] = value
  }
  remembered.set(account, { app, fields })
  return fields
}
