import type { CredentialValues } from '../account.js'
import type { App } from '../app.js'
import { replaceHeaders } from '../headers.js'
import type { ClientIdentity, UpstreamRequest } from '../ports/transport.js'
import type { Secret } from '../secret.js'
import { addQueryPairs, removeQuery } from '../target.js'
import type { UpstreamCall } from '../upstream-call.js'

/** Puts the credential where the app wants it: last, over anything of the same name that the caller sent. */
export function inject(call: UpstreamCall, values: Secret<CredentialValues>, app: App, now: number): UpstreamRequest {
  const { method } = call
  let { headers, body, bodyLength } = call
  let target = app.reservedQuery.size === 0 ? call.target : removeQuery(call.target, app.reservedQuery)
  let identity: ClientIdentity | undefined
  for (const auth of app.auth) {
    const bytes = Buffer.isBuffer(body) ? body : undefined
    const bodyIsStream = body !== undefined && bytes === undefined
    const injection = auth.inject(values, { method, target, headers, body: bytes, bodyIsStream, now })
    if (injection.path !== undefined) target = { ...target, path: injection.path }
    if (injection.query !== undefined) target = addQueryPairs(target, injection.query)
    if (injection.headers !== undefined) headers = replaceHeaders(headers, injection.headers)
    if (injection.body !== undefined) {
      body = injection.body
      bodyLength = body.length
    }
    identity = injection.identity ?? identity
  }
  return { method, target, headers, body, bodyLength, identity }
}
