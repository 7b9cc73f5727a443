import type { Account } from '../account.js'
import type { App } from '../app.js'
import { publicFields } from '../auth/public-fields.js'
import { ProxyError } from '../errors.js'
import { connectionListed, findHeader, framingHeaders, isHeaderName, isHeaderValue, singleHeaders } from '../headers.js'
import type { ProxyCall } from '../ports/dialect.js'
import type { IncomingCall } from '../ports/exchange.js'
import type { HeaderParts } from '../step-parts.js'

const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]*)?$/

/**
 * The headers to send, but for the credential: the caller's own, the app's defaults, ours. Flat, names in lower case.
 * What an injected credential will take is left out, so that exactly one goes upstream.
 */
export function requestHeaders(
  call: ProxyCall,
  incoming: IncomingCall,
  app: App,
  account: Account,
  parts: HeaderParts,
): string[] {
  refuseLoop(incoming, parts.viaMarker)
  const listed = connectionListed(incoming.headers)
  const statedType = listed?.has('content-type') ? undefined : call.contentType
  const headers: string[] = []
  let accept = false
  let acceptEncoding = false
  let userAgent = false
  let contentType = false
  for (let index = 0; index < call.headers.length; index += 2) {
    const name = call.headers[index] as string
    const value = call.headers[index + 1] as string
    if (!isHeaderName(name) || !isHeaderValue(value)) {
      throw new ProxyError('invalid_request', 'A header has a name or value that HTTP does not allow.')
    }
    if (framingHeaders.has(name) || app.reservedHeaders.has(name) || (listed !== undefined && isListed(listed, name)))
      continue
    if (singleHeaders.has(name) && hasName(call.headers, name, index)) {
      throw new ProxyError('invalid_request', `The header ${name} is repeated.`)
    }
    if (name === 'content-type') {
      if (incoming.body === undefined) continue
      contentType = true
    } else if (name === 'accept') accept = true
    else if (name === 'accept-encoding') acceptEncoding = true
    else if (name === 'user-agent') userAgent = true
    headers.push(name, value)
  }
  for (const { name, value, optionalFields } of app.headers) {
    if (hasName(headers, name) || (optionalFields.length > 0 && lacksOne(optionalFields, account, app))) continue
    if (name === 'accept') accept = true
    else if (name === 'user-agent') userAgent = true
    else if (name === 'content-type') {
      if (incoming.body === undefined || statedType !== undefined) continue
      contentType = true
    }
    const text = value.render({ customFields: publicFields(account, app), credentials: {} }, { now: parts.clock.now() })
    if (!isHeaderValue(text)) {
      throw new ProxyError(
        'account_config_invalid',
        `A custom field of the account cannot stand in the header ${name}.`,
      )
    }
    headers.push(name, text)
  }
  if (!contentType && incoming.body !== undefined && statedType !== undefined) {
    headers.push('content-type', statedType)
  }
  if (!accept) headers.push('accept', '*/*')
  if (!acceptEncoding) headers.push('accept-encoding', 'identity')
  if (!userAgent) headers.push('user-agent', parts.userAgent)
  const traceparent = listed?.has('traceparent') ? undefined : findHeader(incoming.headers, 'traceparent')
  if (traceparent !== undefined && traceparentPattern.test(traceparent) && !hasName(headers, 'traceparent')) {
    headers.push('traceparent', traceparent)
  }
  headers.push('via', parts.viaMarker)
  return headers
}

function lacksOne(names: readonly string[], account: Account, app: App): boolean {
  const fields = publicFields(account, app)
  return names.some((name) => fields[name] === undefined || fields[name] === '')
}

/** Among the entries before `end`. */
function hasName(headers: readonly string[], name: string, end = headers.length): boolean {
  for (let index = 0; index < end; index += 2) if (headers[index] === name) return true
  return false
}

/** A name in the caller's `Connection` header, bare or as it came in with a dialect's prefix (RFC 9110, 7.6.1). */
function isListed(listed: ReadonlySet<string>, name: string): boolean {
  if (listed.has(name)) return true
  for (const entry of listed) if (entry.endsWith(`-proxy-${name}`)) return true
  return false
}

function refuseLoop(incoming: IncomingCall, marker: string): void {
  for (let index = 0; index < incoming.headers.length; index += 2) {
    const name = incoming.headers[index] as string
    if (name.length === 3 && name.toLowerCase() === 'via' && holdsMarker(incoming.headers[index + 1] ?? '', marker)) {
      throw new ProxyError('target_denied', 'The call has come through this proxy before.')
    }
  }
}

/** As a whole entry of the list: the marker of `edge` is not that of `edge-2`. */
function holdsMarker(via: string, marker: string): boolean {
  for (let start = via.indexOf(marker); start !== -1; start = via.indexOf(marker, start + 1)) {
    const next = via[start + marker.length]
    if (next === undefined || next === ',' || next === ' ' || next === '\t') return true
  }
  return false
}
