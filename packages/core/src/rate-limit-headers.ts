import type { Decision } from './ports/rate-limiter.js'

/** Adds the figures of a decision, flat. `standard` uses the names of the IETF draft, for when the vendor sends its own. */
export function addRateLimitHeaders(headers: string[], decision: Decision, now: number, standard: boolean): void {
  if (standard) {
    const left = Math.max(0, Math.ceil((decision.resetAt - now) / 1000))
    const window = Math.max(1, Math.round(decision.windowMs / 1000))
    headers.push('ratelimit-policy', `"default";q=${decision.limit};w=${window}`)
    headers.push('ratelimit', `"default";r=${decision.remaining};t=${left}`)
    return
  }
  headers.push('x-ratelimit-limit', String(decision.limit))
  headers.push('x-ratelimit-remaining', String(decision.remaining))
  headers.push('x-ratelimit-reset', String(Math.ceil(decision.resetAt / 1000)))
}
