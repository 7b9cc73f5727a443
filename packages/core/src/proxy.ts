import type { Account } from './account.js'
import type { App, AppRegistry } from './app.js'
import { holdsSecret } from './auth/secret-in-url.js'
import { Cancellation } from './cancellation.js'
import { type ErrorCode, type ProxyError, toProxyError } from './errors.js'
import { withoutInjectedPath } from './injected-location.js'
import type { AppNames } from './ports/app-names.js'
import type { Authenticator } from './ports/authenticator.js'
import type { Clock } from './ports/clock.js'
import type { CustomLimits } from './ports/custom-limits.js'
import type { Dialect, ErrorAnswer, ProxyCall } from './ports/dialect.js'
import type { IncomingCall, OpenAnswer } from './ports/exchange.js'
import type { Hook } from './ports/hooks.js'
import type { RateLimiter } from './ports/rate-limiter.js'
import type { Storage } from './ports/storage.js'
import type { Transport, UpstreamRequest } from './ports/transport.js'
import { type ProxyLimits, type ProxyParts, prepareParts, type RenewalParts, tell } from './proxy-parts.js'
import type { Refresher } from './refresher.js'
import { planRetries, type RetryPlan } from './retry-plan.js'
import { answer } from './steps/answer.js'
import { answerError } from './steps/answer-error.js'
import { authenticate } from './steps/authenticate.js'
import { allowsTarget, checkHost } from './steps/check-host.js'
import { findAccount } from './steps/find-account.js'
import { forward, type Hop } from './steps/forward.js'
import { freshCredential, renewedCredential } from './steps/fresh-credential.js'
import { inject } from './steps/inject.js'
import { chooseDialect, readCall } from './steps/read-call.js'
import { requestHeaders } from './steps/request-headers.js'
import { resolveTarget } from './steps/resolve-target.js'
import { serveRoute } from './steps/serve-route.js'
import { type TakenBody, takeBody } from './steps/take-body.js'
import { refuseIfSpent, takeTurn } from './steps/take-turn.js'
import { unwrap } from './steps/unwrap.js'
import type { Target } from './target.js'
import { Trace } from './trace.js'
import type { UpstreamCall } from './upstream-call.js'

export interface ProxyOptions {
  readonly apps: AppRegistry
  readonly storage: Storage
  readonly authenticator: Authenticator
  readonly rateLimiter: RateLimiter
  readonly transport: Transport
  /** Wire protocols, asked in this order whose a request is. At least one. */
  readonly dialects: readonly [Dialect, ...Dialect[]]
  readonly customLimits?: CustomLimits
  /** Names of apps besides their slugs and aliases, for dialects that find accounts by app and external id. */
  readonly appNames?: AppNames
  /** Renews credentials that end; without it they are used as they are stored. */
  readonly renewal?: RenewalParts
  /** One that the host shares with other parts, in place of `renewal`. */
  readonly refresher?: Refresher
  readonly clock?: Clock
  readonly hooks?: readonly Hook[]
  readonly limits?: ProxyLimits
  /** Name in `Via`, the same on all instances of one deployment: a call that carries it is refused as a loop. */
  readonly name?: string
  /** `User-Agent` for upstreams when the caller gives none. Default `api-proxy`. */
  readonly userAgent?: string
  /** From 0 to below 1, for the jitter of retries. Default `Math.random`. */
  readonly random?: () => number
}

export interface ApiProxy {
  /** Serves one request; never rejects. Every failure is answered, or cuts the connection when the head is out. */
  handle(incoming: IncomingCall, open: OpenAnswer): Promise<void>
  /** An error of the runtime, such as a limit of its platform, in the spelling of the call's dialect. */
  describeError(error: ProxyError, incoming: IncomingCall): ErrorAnswer
  /** Lets calls in flight finish and closes upstream connections. Storage and limiter are their owner's to close. */
  close(): Promise<void>
}

/** The engine. A request's way reads top to bottom in `proxied`. */
export function createProxy(options: ProxyOptions): ApiProxy {
  const { apps, appNames, storage, authenticator, transport } = options
  const parts = prepareParts(options)
  const { clock, hooks, turn, header, body, upstream, refresher } = parts

  async function proxied(call: ProxyCall, incoming: IncomingCall, open: OpenAnswer, seen: Trace): Promise<void> {
    const cancellation = new Cancellation()
    incoming.onCallerLeft(() => {
      seen.callerLeft = true
      cancellation.cancel()
    })
    // What a step knows at once is not awaited: that would cost a turn of the microtask queue.
    const proof = authenticate(call, incoming.remoteAddress, authenticator)
    const caller = seen.by(proof instanceof Promise ? await proof : proof)
    const found = findAccount(call, caller, storage, apps, appNames)
    const { account, app } = seen.for(found instanceof Promise ? await found : found)
    const counted = takeTurn(call, caller, app, account, turn)
    refuseIfSpent(seen.counted(counted instanceof Promise ? await counted : counted)) // refused, it never touches a secret
    const target = resolveTarget(call, app, account)
    const headers = requestHeaders(call, incoming, app, account, header)
    const retries = planRetries(call.retries, app.retry)
    const taking = takeBody(incoming, call, app, target, headers, retries !== undefined, body)
    const taken: TakenBody = taking instanceof Promise ? await taking : taking
    const { method } = call
    const asked = seen.toward(unwrap({ method, target, headers, body: taken.body, bodyLength: taken.bodyLength }, app))
    checkHost(asked.target, app, account) // nothing secret exists in the request before this line
    const renewing = freshCredential(account, app, refresher)
    const fresh = renewing instanceof Promise ? await renewing : renewing
    const signed = inject(asked, fresh.values, app, clock.now())
    const hop = new CallHop(parts, app, account, fresh, retries, cancellation, seen)
    const response = await forward(asked, signed, hop, upstream)
    await answer(response, open, { seen, app, hop, now: clock.now(), extraHeaders: call.answerHeaders })
  }

  function serve(incoming: IncomingCall, open: OpenAnswer, seen: Trace): Promise<void> {
    const call = readCall(incoming, seen.dialect)
    return call.kind === 'route'
      ? serveRoute(call, incoming, open, seen.requestId)
      : proxied(call, incoming, open, seen)
  }

  return {
    async handle(incoming, open) {
      const seen = new Trace(parts.nextRequestId(), chooseDialect(incoming.target, options.dialects))
      const openOnce: OpenAnswer = (head) => {
        seen.status = head.status
        return open(head)
      }
      try {
        await serve(incoming, openOnce, seen)
      } catch (thrown) {
        const error = seen.failed(toProxyError(thrown))
        if (seen.status !== 0) seen.cut = true
        else if (!seen.callerLeft) answerError(error, incoming, openOnce, seen, clock.now())
      }
      if (hooks.length > 0) tell(hooks, seen.event(incoming))
    },
    describeError(error, incoming) {
      return chooseDialect(incoming.target, options.dialects).describeError(error, incoming)
    },
    async close() {
      await refresher?.close()
      await transport.close()
    },
  }
}

/** What a redirect, a retry and a refused credential need: the steps of the first request, once more. */
class CallHop implements Hop {
  readonly app: App
  readonly retries: RetryPlan | undefined
  readonly cancellation: Cancellation
  readonly #parts: ProxyParts
  readonly #account: Account
  readonly #seen: Trace
  #fresh: Account
  #isRenewed = false

  constructor(
    parts: ProxyParts,
    app: App,
    account: Account,
    fresh: Account,
    retries: RetryPlan | undefined,
    cancellation: Cancellation,
    seen: Trace,
  ) {
    this.#parts = parts
    this.app = app
    this.#account = account
    this.#fresh = fresh
    this.retries = retries
    this.cancellation = cancellation
    this.#seen = seen
  }

  allows(target: Target): boolean {
    return allowsTarget(target, this.app, this.#account)
  }

  sign(call: UpstreamCall): UpstreamRequest {
    return inject(call, this.#fresh.values, this.app, this.#parts.clock.now())
  }

  async renew(): Promise<boolean> {
    if (this.#isRenewed) return false
    this.#isRenewed = true
    const renewed = await renewedCredential(this.#fresh, this.app, this.#parts.refresher)
    this.#fresh = renewed ?? this.#fresh
    return renewed !== undefined
  }

  withoutCredential(location: string): string | undefined {
    return withoutInjectedPath(location, this.app, this.#fresh.values, this.#parts.clock.now())
  }

  holdsSecret(url: string): boolean {
    return holdsSecret(url, this.app, this.#fresh.values)
  }

  attempted(): void {
    this.#seen.attempts++
  }

  repeated(status: number | undefined, code: ErrorCode | undefined, waitMs: number): void {
    tell(this.#parts.hooks, this.#seen.attempt(status, code, waitMs))
  }
}
