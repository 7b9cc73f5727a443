import type { App } from '../app.js'
import type { UpstreamCall } from '../upstream-call.js'

/** Lets a strategy take the real call out of one that wraps it (Google Ads); most apps have none. */
export function unwrap(asked: UpstreamCall, app: App): UpstreamCall {
  return app.unwrap?.origin === asked.target.origin ? app.unwrap.open(asked) : asked
}
