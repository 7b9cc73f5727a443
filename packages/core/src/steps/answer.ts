import type { App } from '../app.js'
import { connectionListed, hopByHopHeaders } from '../headers.js'
import type { OpenAnswer } from '../ports/exchange.js'
import type { UpstreamResponse } from '../ports/transport.js'
import { addRateLimitHeaders } from '../rate-limit-headers.js'
import { removeQueryText } from '../target.js'
import type { Trace } from '../trace.js'

export interface AnswerContext {
  readonly seen: Trace
  readonly app: App
  readonly now: number
  /** Flat; from the dialect, such as CORS headers. */
  readonly extraHeaders: readonly string[]
  readonly hop: KnownSecrets
}

interface KnownSecrets {
  /** A `Location` without the path that was injected into the request; undefined when that cannot be. */
  withoutCredential(location: string): string | undefined
  /** True when a URL holds a secret of the account anywhere. */
  holdsSecret(url: string): boolean
}

/** Sends the upstream's head and streams its body. Fails, with the connection cut, when the body breaks. */
export function answer(response: UpstreamResponse, open: OpenAnswer, context: AnswerContext): Promise<void> {
  if (response.failure !== undefined) throw response.failure
  const { status, headers, isWhole } = response
  return response.pipe(open({ status, headers: answerHeaders(headers, context), isWhole }))
}

type Verdict = 'pass' | 'drop' | 'set-cookie' | 'location' | 'link' | 'rate-limit' | 'draft-limit'

/** What happens to each name of an upstream's answer; any other passes. */
const verdicts: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ...[...hopByHopHeaders].map((name): [string, Verdict] => [name, 'drop']),
  ['alt-svc', 'drop'],
  ['x-request-id', 'drop'],
  ['x-proxy-error', 'drop'],
  ['set-cookie', 'set-cookie'],
  ['set-cookie2', 'set-cookie'],
  ['location', 'location'],
  ['content-location', 'location'],
  ['refresh', 'location'],
  ['link', 'link'],
  ['x-ratelimit-limit', 'rate-limit'],
  ['x-ratelimit-remaining', 'rate-limit'],
  ['x-ratelimit-reset', 'rate-limit'],
  ['ratelimit', 'draft-limit'],
  ['ratelimit-policy', 'draft-limit'],
])

function verdictOn(name: string): Verdict {
  return verdicts.get(name) ?? (name.startsWith('access-control-') ? 'drop' : 'pass')
}

/** Verdicts by the spelling that upstreams use, so that most names need no lower-casing. */
const bySpelling = new Map<string, Verdict>()
const spellingsMax = 2_000

function verdictOf(name: string): Verdict {
  let verdict = bySpelling.get(name)
  if (verdict === undefined) {
    verdict = verdictOn(name.toLowerCase())
    if (bySpelling.size < spellingsMax) bySpelling.set(name, verdict)
  }
  return verdict
}

function answerHeaders(upstream: readonly string[], context: AnswerContext): string[] {
  const { app } = context
  const { turn } = context.seen
  const listed = connectionListed(upstream)
  const headers: string[] = []
  let upstreamLimits = false
  let draftLimits = false
  for (let index = 0; index < upstream.length; index += 2) {
    const name = upstream[index] as string
    const value = upstream[index + 1] as string
    const verdict = verdictOf(name)
    if (verdict === 'drop' || listed?.has(name.toLowerCase())) continue
    if (verdict === 'set-cookie' && !app.relaySetCookie) continue
    if (verdict === 'rate-limit') upstreamLimits = true
    else if (verdict === 'draft-limit') draftLimits = true
    const shown =
      verdict === 'location' ? shownUrl(value, context) : verdict === 'link' ? shownLinks(value, context) : value
    if (shown !== undefined) headers.push(name, shown)
  }
  // Where the vendor has taken the usual names, ours are those of the draft, and no others may stand beside them.
  const shownHeaders = draftLimits && upstreamLimits && turn !== undefined ? withoutDraftLimits(headers) : headers
  shownHeaders.push('x-request-id', context.seen.requestId)
  if (turn !== undefined) addRateLimitHeaders(shownHeaders, turn, context.now, upstreamLimits)
  for (const text of context.extraHeaders) shownHeaders.push(text)
  return shownHeaders
}

function withoutDraftLimits(headers: readonly string[]): string[] {
  return headers.filter((_, index) => verdictOf(headers[index - (index % 2)] ?? '') !== 'draft-limit')
}

/** A URL without what was injected into the request's; undefined when a credential cannot be taken out of it. */
function shownUrl(url: string, { app, hop }: AnswerContext): string | undefined {
  const shown = hop.withoutCredential(removeQueryText(url, app.reservedQuery))
  return shown === undefined || hop.holdsSecret(shown) ? undefined : shown
}

/**
 * The same for every target of a `Link` (RFC 8288): vendors copy the request's query into the next page's. Undefined
 * when a credential stands beside the targets, as in an `anchor` or in one that never ends.
 */
function shownLinks(links: string, context: AnswerContext): string | undefined {
  const shown = links.replace(/<([^<>]*)>/g, (_, url: string) => `<${shownUrl(url, context) ?? ''}>`)
  return context.hop.holdsSecret(shown) ? undefined : shown
}
