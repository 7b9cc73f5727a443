import { randomBytes } from 'node:crypto'
import { type Clock, type CustomLimit, type CustomLimits, ProxyError, systemClock } from '@proxy/core'
import { signingKeys } from './signing-keys.js'
import { isJwtForm, signJwt, verifyJwt } from './strict-jwt.js'

export interface WindowTokensOptions {
  /** As for `ed25519Tokens`. */
  readonly signingKeys: readonly string[]
  readonly issuer: string
  readonly clock?: Pick<Clock, 'now'>
}

export interface RateWindow {
  readonly requests: number
  readonly windowSeconds: number
}

/** Rate windows that a caller makes for itself: `POST /v1/connect/rate_limits`, then `x-pd-rate-limit`. */
export interface WindowTokens extends CustomLimits {
  issue(window: RateWindow, project: string): Promise<string>
}

interface KnownWindow {
  readonly project: string
  readonly limit: CustomLimit
  readonly expiresAt: number
}

const audience = 'rate-limit'
const lifetimeSeconds = 10 * 365 * 24 * 3600
const cachedAtMost = 10_000

/** The window is written into the token and signed, so that nothing is stored and every instance knows it. */
export function windowTokens(options: WindowTokensOptions): WindowTokens {
  const { issuer } = options
  const clock = options.clock ?? systemClock()
  const keys = signingKeys(options.signingKeys)
  const cache = new Map<string, KnownWindow>()

  async function read(token: string): Promise<KnownWindow | undefined> {
    if (!isJwtForm(token)) return undefined
    try {
      const claims = await verifyJwt(token, { keys, issuer, audience, now: clock.now() })
      const { requests, windowSeconds, jti, sub, exp } = claims
      if (typeof requests !== 'number' || typeof windowSeconds !== 'number') return undefined
      return { project: sub, limit: { id: jti, requests, windowMs: windowSeconds * 1000 }, expiresAt: exp * 1000 }
    } catch (error) {
      if (error instanceof ProxyError) return undefined
      throw error
    }
  }

  return {
    issue({ requests, windowSeconds }, project) {
      const iat = Math.floor(clock.now() / 1000)
      const jti = randomBytes(16).toString('base64url')
      const claims = { sub: project, jti, iat, exp: iat + lifetimeSeconds, requests, windowSeconds }
      return signJwt(claims, { keys, issuer, audience })
    },
    async resolve(token, caller) {
      let known = cache.get(token)
      if (known === undefined || known.expiresAt <= clock.now()) {
        known = await read(token)
        if (known === undefined) return undefined
        if (cache.size >= cachedAtMost) cache.clear()
        cache.set(token, known)
      }
      return known.project === caller.project ? known.limit : undefined
    },
  }
}
