import type { CredentialValues } from '../account.js'
import type { App } from '../app.js'
import { replaceHeaders } from '../headers.js'
import type { Injection } from '../ports/auth-strategy.js'
import type { UpstreamRequest } from '../ports/transport.js'
import type { Secret } from '../secret.js'
import { addQueryPairs, removeQuery } from '../target.js'
import type { UpstreamCall } from '../upstream-call.js'

/** Puts the credential where the app wants it: last, over anything of the same name that the caller sent. */
export function inject(call: UpstreamCall, values: Secret<CredentialValues>, app: App, now: number): UpstreamRequest {
  let request: UpstreamRequest = {
    method: call.method,
    target: app.reservedQuery.size === 0 ? call.target : removeQuery(call.target, app.reservedQuery),
    headers: call.headers,
    body: call.body,
    bodyLength: call.bodyLength,
    identity: undefined,
  }
  for (const auth of app.auth) {
    const { method, target, headers, body } = request
    const isBytes = Buffer.isBuffer(body)
    const description = {
      method,
      target,
      headers,
      body: isBytes ? body : undefined,
      bodyIsStream: body !== undefined && !isBytes,
      now,
    }
    request = apply(request, auth.inject(values, description))
  }
  return request
}

function apply(request: UpstreamRequest, injection: Injection): UpstreamRequest {
  const { headers, query, path, body, identity } = injection
  let target = request.target
  if (path !== undefined) target = { ...target, path }
  if (query !== undefined) target = addQueryPairs(target, query)
  return {
    method: request.method,
    target,
    headers: headers === undefined ? request.headers : replaceHeaders(request.headers, headers),
    body: body ?? request.body,
    bodyLength: body === undefined ? request.bodyLength : body.length,
    identity: identity ?? request.identity,
  }
}
