import type { CredentialValues } from './account.js'
import type { App } from './app.js'
import { customFieldFault } from './custom-fields.js'
import { ProxyError } from './errors.js'

/** What an app cannot use of an account's values, or misses. The message never holds a value. */
export interface AccountFault {
  readonly source: 'custom_fields' | 'credentials'
  readonly name: string
  readonly message: string
  readonly isMissing: boolean
}

/**
 * What keeps an app from working with these values: fields that it needs or does not know, values that do not fit, hosts
 * that they may not make, an OAuth grant without a token.
 */
export function accountFaults(app: App, { customFields, credentials }: CredentialValues): readonly AccountFault[] {
  const declared = app.definition.custom_fields ?? []
  const faults: AccountFault[] = []
  const add = (source: AccountFault['source'], name: string, message: string, isMissing = false) =>
    faults.push({ source, name, message, isMissing })

  for (const name of Object.keys(customFields)) {
    if (!declared.some((field) => field.name === name))
      add('custom_fields', name, `is not a custom field of ${app.slug}`)
  }
  const fields: Record<string, string> = Object.create(null)
  for (const field of declared) {
    const given = Object.hasOwn(customFields, field.name) ? customFields[field.name] : undefined
    const value = given === undefined || given === '' ? field.default : given
    if (value === undefined || value === '') {
      if (field.optional !== true && field.default === undefined) add('custom_fields', field.name, 'is required', true)
      continue
    }
    if (field.type !== 'password') fields[field.name] = value
    const fault = customFieldFault(field, value)
    if (fault !== undefined) add('custom_fields', field.name, fault)
  }
  if (faults.length === 0) {
    const fault = hostFault(app, fields)
    if (fault !== undefined) faults.push(fault)
  }
  const { oauth_access_token: access, oauth_refresh_token: refresh } = credentials
  if (app.definition.auth_type === 'oauth' && access === undefined && refresh === undefined) {
    add('credentials', 'oauth_access_token', 'is required', true)
  }
  return faults
}

/** What is wrong with the hosts that these fields make; a further host whose fields are not given is simply not there. */
function hostFault(app: App, fields: Readonly<Record<string, string>>): AccountFault | undefined {
  const resolvers = app.base.kind === 'template' ? [app.base.resolve, ...app.accountHosts] : app.accountHosts
  for (const resolve of resolvers) {
    try {
      resolve(fields)
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error
      const name = String(error.details?.field ?? '').replace(/^custom_fields\./, '')
      if (resolve !== resolvers[0] && fields[name] === undefined) continue
      return { source: 'custom_fields', name, message: error.message, isMissing: fields[name] === undefined }
    }
  }
  return undefined
}
