import { hash, timingSafeEqual } from 'node:crypto'
import type { Environment } from './account.js'
import { ProxyError } from './errors.js'
import { limitKey } from './keys.js'
import type { Authenticator, Caller, TokenVerifier, VerifiedCaller } from './ports/authenticator.js'
import type { Clock } from './ports/clock.js'
import type { RateLimiter } from './ports/rate-limiter.js'
import type { DocumentStore } from './ports/storage.js'
import { systemClock } from './system-clock.js'

/** A key that is its own proof. Only its digest is kept. */
export interface StaticKey {
  readonly id: string
  /** SHA-256 of the key, in hex: `keyDigest(key)`. */
  readonly digest: string
  readonly project: string
  readonly environment: Environment | undefined
  readonly scopes: readonly string[]
}

export interface AuthenticatorOptions {
  readonly keys?: readonly StaticKey[]
  readonly verifiers?: readonly TokenVerifier[]
  /** Holds the list of revoked tokens. */
  readonly documents: DocumentStore
  readonly clock?: Clock
  /** Counts failures only, per source address; undefined counts none. */
  readonly failures?: { readonly limiter: RateLimiter; readonly limit: number; readonly windowMs: number }
}

/** The engine's authenticator: static keys, verified tokens, a cache by digest, revocation. */
export interface RevokingAuthenticator extends Authenticator {
  /** The token stops working here at once, on other instances within 5 s. */
  revoke(tokenId: string, expiresAt: number): Promise<void>
}

/** A revocation made on another instance is seen after this long at most. */
const revocationCheckMs = 2_000
const cacheEntriesMax = 10_000
const revocationKind = 'revoked-token'

interface CacheEntry {
  readonly verified: VerifiedCaller
  revokedCheckedAt: number
}

export function keyDigest(key: string): string {
  return hash('sha256', key, 'hex')
}

export function createAuthenticator(options: AuthenticatorOptions): RevokingAuthenticator {
  const { documents, failures, verifiers = [] } = options
  const clock = options.clock ?? systemClock()
  const keys = new Map<string, { key: StaticKey; caller: Caller }>()
  for (const key of options.keys ?? []) {
    keys.set(key.digest, {
      key,
      caller: {
        client: key.id,
        kind: 'key',
        project: key.project,
        environment: key.environment,
        externalUserId: undefined,
        scopes: key.scopes,
        allowedOrigins: undefined,
      },
    })
  }
  const cache = new Map<string, CacheEntry>()

  function remember(digest: string, verified: VerifiedCaller): void {
    if (cache.size >= cacheEntriesMax) {
      const oldest = cache.keys().next()
      if (!oldest.done) cache.delete(oldest.value)
    }
    cache.set(digest, { verified, revokedCheckedAt: clock.now() })
  }

  async function refuseRevoked(verified: VerifiedCaller): Promise<void> {
    if (verified.tokenId === undefined) return
    if ((await documents.readDocument(revocationKind, verified.tokenId)) !== undefined) throw invalidToken()
  }

  async function recheck(digest: string, entry: CacheEntry): Promise<Caller> {
    const checkedAt = clock.now()
    const before = entry.revokedCheckedAt
    entry.revokedCheckedAt = checkedAt
    try {
      await refuseRevoked(entry.verified)
    } catch (error) {
      if (error instanceof ProxyError && error.code === 'invalid_token') cache.delete(digest)
      else if (checkedAt - before < staleRevocationMs) return entry.verified.caller
      throw error
    }
    return entry.verified.caller
  }

  async function verify(bearer: string, digest: string): Promise<Caller> {
    for (const verifier of verifiers) {
      const verified = await verifier.verify(bearer)
      if (verified === undefined) continue
      if (verified.expiresAt <= clock.now()) throw invalidToken()
      await refuseRevoked(verified)
      remember(digest, verified)
      return verified.caller
    }
    throw invalidToken()
  }

  async function refusal(remoteAddress: string): Promise<ProxyError> {
    if (failures === undefined) return invalidToken()
    const { limiter, limit, windowMs } = failures
    const decision = await limiter.consume([{ key: limitKey(['auth-failure', remoteAddress]), limit, windowMs }])
    return decision === undefined || decision.allowed ? invalidToken() : tooManyFailures(decision.retryAfterMs)
  }

  return {
    authenticate(bearer, remoteAddress) {
      if (bearer === undefined || bearer === '') {
        throw new ProxyError('missing_token', 'The request has no bearer token.')
      }
      const digest = keyDigest(bearer)
      const found = keys.get(digest)
      if (found !== undefined && timingSafeEqual(Buffer.from(found.key.digest), Buffer.from(digest)))
        return found.caller
      const entry = cache.get(digest)
      if (entry === undefined) {
        return verify(bearer, digest).catch(async (error: unknown) => {
          const bad = error instanceof ProxyError && error.code === 'invalid_token'
          throw bad ? await refusal(remoteAddress) : error
        })
      }
      const now = clock.now()
      if (entry.verified.expiresAt <= now) {
        cache.delete(digest)
        throw invalidToken()
      }
      return now - entry.revokedCheckedAt < revocationCheckMs ? entry.verified.caller : recheck(digest, entry)
    },
    async revoke(tokenId, expiresAt) {
      for (const [digest, entry] of cache) if (entry.verified.tokenId === tokenId) cache.delete(digest)
      await documents.writeDocument({ kind: revocationKind, id: tokenId, value: true, expiresAt }, undefined)
    },
  }
}

/** While the store cannot be asked, a token that was fine a moment ago goes on working this long. */
const staleRevocationMs = 60_000

function invalidToken(): ProxyError {
  return new ProxyError('invalid_token', 'The token is unknown, expired or revoked.')
}

function tooManyFailures(retryAfterMs: number): ProxyError {
  return new ProxyError('rate_limited', 'Throttled', { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) })
}
