import type { App } from '../app.js'
import type { Cancellation } from '../cancellation.js'
import { type ErrorCode, ProxyError } from '../errors.js'
import type { UpstreamLimits, UpstreamRequest, UpstreamResponse } from '../ports/transport.js'
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
import { describeOutcome, type Outcome, pauseUnlessCancelled, type Retries, startRetries } from '../retry.js'
import { isIdempotent, type RetryPlan } from '../retry-plan.js'
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
  /** True when a URL holds a secret of the account anywhere. */
  holdsSecret(url: string): boolean
  /** Undefined for a call that is sent once. */
  readonly retries: RetryPlan | undefined
  /** Counts an attempt, for the log. */
  attempted(): void
  /** Tells how an attempt ended that is followed by another, and how long that one waits. */
  repeated(status: number | undefined, code: ErrorCode | undefined, waitMs: number): void
}

/** Sends the request, again where that helps, and follows redirects. Settles at the head of the answer for the caller. */
export async function forward(
  asked: UpstreamCall,
  signed: UpstreamRequest,
  hop: Hop,
  parts: ForwardParts,
): Promise<UpstreamResponse> {
  const endsAt = parts.clock.now() + parts.limits.headTimeoutMs
  const retries = hop.retries === undefined ? undefined : startRetries(hop.retries, parts.clock, parts.retryLimits)
  let call = asked
  let request = signed
  for (let followed = 0; ; followed++) {
    const send = followed === 0 ? sendOnce : sendOn
    const response =
      retries === undefined
        ? await attempt(send, call, request, hop, parts, endsAt)
        : await attemptAgain(send, call, request, hop, parts, retries)
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

/** Sends a call, and once more when the upstream refuses its credential and there is another to be had. */
function attempt(
  send: typeof sendOnce,
  call: UpstreamCall,
  request: UpstreamRequest,
  hop: Hop,
  parts: ForwardParts,
  endsAt: number,
): Promise<UpstreamResponse> {
  const sent = send(request, hop, parts, endsAt)
  if (hop.app.renewal === undefined) return sent
  return sent.then((response) =>
    response.status === 401 && hop.allows(call.target) ? renewAndResend(response, call, hop, parts, endsAt) : response,
  )
}

/** Attempt after attempt, with waits between, until the retries are used up or none helps. */
async function attemptAgain(
  send: typeof sendOnce,
  call: UpstreamCall,
  signed: UpstreamRequest,
  hop: Hop,
  parts: ForwardParts,
  retries: Retries,
): Promise<UpstreamResponse> {
  let request = signed
  for (;;) {
    const outcome = await attempt(send, call, request, hop, parts, retries.headEndsAt).then(answered, failed)
    const waitMs = hop.cancellation.cancelled ? undefined : retries.next(outcome, call)
    if (waitMs === undefined) {
      if ('error' in outcome) throw outcome.error
      return outcome.response
    }
    if ('response' in outcome) outcome.response.discard()
    const waited = pauseUnlessCancelled(parts.clock, waitMs, hop.cancellation)
    const { status, code } = describeOutcome(outcome)
    hop.repeated(status, code, waitMs)
    await waited
    if (hop.allows(call.target)) request = hop.sign(call) // signatures hold the time
  }
}

function answered(response: UpstreamResponse): Outcome {
  return { response }
}

function failed(error: unknown): Outcome {
  return { error }
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
function sendOnce(request: UpstreamRequest, hop: Hop, parts: ForwardParts, endsAt: number): Promise<UpstreamResponse> {
  const send = () => {
    hop.attempted()
    return parts.transport.send(request, limitsUntil(endsAt, parts), hop.cancellation)
  }
  return send().catch((error: unknown) => {
    const isLate = parts.clock.now() >= endsAt
    if (isLate || hop.cancellation.cancelled || !isSafeToResend(error, request)) throw error
    hop.repeated(undefined, 'upstream_connect', 0)
    return send()
  })
}

function limitsUntil(endsAt: number, { limits, clock }: ForwardParts): UpstreamLimits {
  const left = endsAt - clock.now()
  return left === limits.headTimeoutMs ? limits : { ...limits, headTimeoutMs: Math.max(1, left) }
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
  hop.repeated(refused.status, undefined, 0)
  return await sendOnce(hop.sign(call), hop, parts, endsAt)
}

function isSafeToResend(error: unknown, request: UpstreamRequest): boolean {
  if (!(error instanceof UpstreamError) || error.code !== 'upstream_connect' || !error.reusedSocket) return false
  return isReplayable(request.body) && (error.nothingSent || isIdempotent(request.method))
}

/**
 * Where a redirect leads, without the credential that the upstream may have copied into it. Query parameters of other
 * values stay: another host's are its own, whatever their names.
 */
function nextTarget(location: string, from: Target, sent: Target, hop: Hop): Target {
  const clean = hop.withoutCredential(location)
  if (clean === undefined) throw redirectDenied('holds the credential of the account')
  const target = redirectTarget(clean, from)
  // Also for an app whose hosts may be called over http: that is for the caller to choose, not for an answer.
  if (from.protocol === 'https:' && target.protocol !== 'https:') throw redirectDenied('leads away from https')
  return removeSameQuery(target, sent, hop.app.reservedQuery)
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
  const { origin, path } = call.target
  if (hop.holdsSecret(origin + path)) throw redirectDenied('hands a credential of the account to another host')
  return { ...call, headers: headersForOtherHost(call.headers, userAgent), identity: undefined }
}
