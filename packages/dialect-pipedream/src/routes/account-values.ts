import { type App, type CredentialValues, customFieldFault, ProxyError } from '@proxy/core'
import { z } from 'zod'
import { invalidField } from './route.js'

const valueLengthMost = 64 * 1024
const credentialName = /^[A-Za-z][\w.-]{0,63}$/

/** A value as clients send it; numbers and booleans become their text. */
const valueText = z
  .union([z.string().max(valueLengthMost), z.int(), z.boolean()])
  .transform(String)
  .nullable()

export const valueMap = z.record(z.string(), valueText)

/** Custom fields that the app declares. Throws `invalid_request` naming a field that it does not. */
export function readCustomFields(app: App, given: z.output<typeof valueMap>): Record<string, string> {
  const declared = new Set(app.definition.custom_fields?.map(({ name }) => name))
  const fields: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!declared.has(name)) throw invalidField(`cfmap_json.${name}`, `is not a custom field of ${app.slug}`)
    if (value !== null) fields[name] = value
  }
  return fields
}

/** Grants that were made elsewhere. Throws `invalid_request` for a name that cannot be one. */
export function readCredentials(given: z.output<typeof valueMap>): Record<string, string> {
  const credentials: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!credentialName.test(name)) throw invalidField('credentials', 'has a name that is not letters, digits and _')
    if (value !== null) credentials[name] = value
  }
  return credentials
}

/**
 * Whether the app can use the values: every required field is there, each fits its format, and what they make of the
 * app's hosts is allowed. Throws `invalid_request` or `account_config_invalid`, naming the field and never its value.
 */
export function checkValues(app: App, { customFields, credentials }: CredentialValues): void {
  for (const field of app.definition.custom_fields ?? []) {
    const value = customFields[field.name]
    if (value === undefined || value === '') {
      if (field.optional === true || field.default !== undefined) continue
      throw invalidField(`cfmap_json.${field.name}`, 'is required')
    }
    const fault = customFieldFault(field, value)
    if (fault === undefined) continue
    if (isPartOfHost(field.format)) throw unfit(field.name, fault)
    throw invalidField(`cfmap_json.${field.name}`, fault)
  }
  if (app.base.kind === 'template') app.base.resolve(publicFieldsOf(app, customFields))
  for (const resolve of app.accountHosts) resolve(publicFieldsOf(app, customFields))
  const { oauth_access_token: access, oauth_refresh_token: refresh } = credentials
  if (app.definition.auth_type === 'oauth' && access === undefined && refresh === undefined) {
    throw invalidField('credentials.oauth_access_token', `is required: ${app.slug} is an OAuth app`)
  }
}

function isPartOfHost(format: string | undefined): boolean {
  return format === 'host' || format === 'host-label' || format === 'url'
}

function unfit(name: string, fault: string): ProxyError {
  return new ProxyError('account_config_invalid', `The custom field ${name} ${fault}.`, { details: { field: name } })
}

function publicFieldsOf(app: App, customFields: Readonly<Record<string, string>>): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const { name, type, default: usual } of app.definition.custom_fields ?? []) {
    const value = customFields[name] ?? usual
    if (type !== 'password' && value !== undefined) fields[name] = value
  }
  return fields
}
