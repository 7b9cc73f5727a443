import type { App } from '../app.js'
import type { Cancellation } from '../cancellation.js'
import { ProxyError } from '../errors.js'
import type { UpstreamRequest, UpstreamResponse } from '../ports/transport.js'
import {
  headersForOtherHost,
  headersWithoutBody,
  isReplayable,
  nextMethod,
  redirectDenied,
  redirectLocation,
  redirectsMax,
  redirectTarget,
} from '../redirects.js'
import type { ForwardParts } from '../step-parts.js'
import { removeSameQuery, type Target } from '../target.js'
import type { UpstreamCall } from '../upstream-call.js'
import { UpstreamError } from '../upstream-error.js'

/** How a hop is judged and signed: by the same steps as the first request. */
export interface Hop {
  readonly app: App
  readonly cancellation: Cancellation
  /** True when the app allows its credential to go there. */
  allows(target: Target): boolean
  /** Injects the credential into a call to an allowed host. */
  sign(call: UpstreamCall): UpstreamRequest
  /** Gets new values after a 401, which `sign` then uses; false when there are none. */
  renew(): Promise<boolean>
  /** A `Location` without the path that was injected into the request; undefined when that cannot be. */
  withoutCredential(location: string): string | undefined
  /** Counts an attempt, for the log. */
  attempted(): void
}

/** Sends the request and follows redirects. Settles at the head of the answer that goes to the caller. */
export async function forward(
  asked: UpstreamCall,
  signed: UpstreamRequest,
  hop: Hop,
  parts: ForwardParts,
): Promise<UpstreamResponse> {
  const endsAt = parts.clock.now() + parts.limits.headTimeoutMs
  let call = asked
  let request = signed
  for (let followed = 0; ; followed++) {
    let response =
      followed === 0 ? await sendOnce(request, hop, parts, endsAt) : await sendOn(request, hop, parts, endsAt)
    if (response.status === 401 && hop.allows(call.target))
      response = await renewAndResend(response, call, hop, parts, endsAt)
    const location = hop.app.redirects === 'manual' ? undefined : redirectLocation(response)
    if (location === undefined) return response
    const { status } = response
    response.discard()
    if (hop.app.redirects === 'error') throw redirectDenied('is not followed for this app')
    if (followed === redirectsMax) throw redirectDenied(`is one more than the ${redirectsMax} that are followed`)
    call = nextCall(call, status, nextTarget(location, call.target, request.target, hop))
    request = nextRequest(call, hop, parts.userAgent)
  }
}

/** A hop that the guard refuses is the upstream's fault, not the caller's. */
async function sendOn(...hop: Parameters<typeof sendOnce>): Promise<UpstreamResponse> {
  try {
    return await sendOnce(...hop)
  } catch (error) {
    const denied = error instanceof ProxyError && error.code === 'target_denied'
    throw denied ? redirectDenied('leads to an address that is not public', error) : error
  }
}

/** One attempt, and a safe second one when a kept-alive socket turns out to be closed by the upstream. */
async function sendOnce(
  request: UpstreamRequest,
  hop: Hop,
  parts: ForwardParts,
  endsAt: number,
): Promise<UpstreamResponse> {
  const { transport, limits, clock } = parts
  hop.attempted()
  try {
    const headTimeoutMs = Math.max(1, endsAt - clock.now())
    return await transport.send(request, { ...limits, headTimeoutMs }, hop.cancellation)
  } catch (error) {
    const left = endsAt - clock.now()
    if (left <= 0 || hop.cancellation.cancelled || !isSafeToResend(error, request)) throw error
    hop.attempted()
    return await transport.send(request, { ...limits, headTimeoutMs: left }, hop.cancellation)
  }
}

/** After a 401 the credential is renewed once, and the call sent again when its body can be. */
async function renewAndResend(
  refused: UpstreamResponse,
  call: UpstreamCall,
  hop: Hop,
  parts: ForwardParts,
  endsAt: number,
): Promise<UpstreamResponse> {
  try {
    if (!(await hop.renew()) || !isReplayable(call.body)) return refused
  } catch (error) {
    refused.discard()
    throw error
  }
  refused.discard()
  return await sendOnce(hop.sign(call), hop, parts, endsAt)
}

const idempotentMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'PROPFIND',
  'REPORT',
])

function isSafeToResend(error: unknown, request: UpstreamRequest): boolean {
  if (!(error instanceof UpstreamError) || error.code !== 'upstream_connect' || !error.reusedSocket) return false
  return isReplayable(request.body) && (error.nothingSent || idempotentMethods.has(request.method))
}

/**
 * Where a redirect leads, without the credential that the upstream may have copied into it. Query parameters of other
 * values stay: another host's are its own, whatever their names.
 */
function nextTarget(location: string, from: Target, sent: Target, hop: Hop): Target {
  const clean = hop.withoutCredential(location)
  if (clean === undefined) throw redirectDenied('holds the credential of the account')
  return removeSameQuery(redirectTarget(clean, from), sent, hop.app.reservedQuery)
}

function nextCall(call: UpstreamCall, status: number, target: Target): UpstreamCall {
  const { method, keepsBody } = nextMethod(status, call.method)
  if (!keepsBody) {
    return { method, target, headers: headersWithoutBody(call.headers), body: undefined, bodyLength: undefined }
  }
  if (!isReplayable(call.body)) throw redirectDenied('asks for the body again, which was streamed')
  return { ...call, method, target }
}

function nextRequest(call: UpstreamCall, hop: Hop, userAgent: string): UpstreamRequest {
  if (hop.allows(call.target)) return hop.sign(call)
  if (call.target.protocol !== 'https:') throw redirectDenied('leads away from https')
  if (call.method !== 'GET' && call.method !== 'HEAD')
    throw redirectDenied('leads to a host that the app does not allow')
  return { ...call, headers: headersForOtherHost(call.headers, userAgent), identity: undefined }
}
