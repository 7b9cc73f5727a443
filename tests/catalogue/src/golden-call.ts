import type { AppDefinition } from '@proxy/core'
import { engineCall } from './engine-call.js'
import { readable } from './readable-request.js'
import { realValues } from './real-values.js'

// The lint tries the same values. It is no part of what the package offers, so it is found by its place.
const samples = new URL('../../../packages/catalog/testing/sample-fields.mjs', import.meta.url)
const { sampleFields }: { sampleFields(definition: AppDefinition): Record<string, string> } = await import(samples.href)

const grant = {
  oauth_access_token: 'sample-ended-token',
  oauth_refresh_token: 'sample-refresh-token',
  oauth_token_secret: 'sample-token-secret',
}

/** What goes out for an app, for people to read: the request for a token, if there is one, and the call itself. */
export interface GoldenCall {
  readonly account: Readonly<Record<string, string>>
  readonly token?: object
  readonly call: object
}

/** A relative call of a new account of the app. */
export async function goldenCall(definition: AppDefinition): Promise<GoldenCall> {
  const { auth, auth_type, custom_fields = [], name_slug, oauth } = definition
  const fields = sampleFields(definition)
  const keys = Object.entries(realValues(definition)).filter(([name]) => fields[name] !== undefined)
  const isOAuth = auth_type === 'oauth'
  const hasBody = auth.some(({ kind }) => kind === 'body' || kind === 'hmac')
  const requests = await engineCall(definition, {
    values: { customFields: { ...fields, ...Object.fromEntries(keys) }, credentials: isOAuth ? grant : {} },
    isEnded: isOAuth && oauth?.token_url !== undefined,
    method: hasBody ? 'POST' : 'GET',
    target: '/things?x=1',
    body: hasBody ? '{"x":1}' : undefined,
  })
  const call = requests.at(-1)
  if (call === undefined) throw new Error(`${name_slug}: nothing went out`)
  const secrets = new Set(custom_fields.flatMap(({ name, type }) => (type === 'password' ? [name] : [])))
  const account = Object.fromEntries(Object.entries(fields).filter(([name]) => !secrets.has(name)))
  const [token] = requests.length > 1 ? requests : []
  return { account, ...(token !== undefined && { token: readable(token) }), call: readable(call) }
}
