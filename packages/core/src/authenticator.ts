import { hash, timingSafeEqual } from 'node:crypto'
import type { Environment } from './account.js'
import { ProxyError, toStoreError } from './errors.js'
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

/** A token is proven anew after this long: a revocation, or the end of its client, on another instance is seen then. */
const provenForMs = 2_000
/** While the store cannot be asked, a token that was fine a moment ago goes on working this long. */
const usableForMs = 60_000
const cacheEntriesMax = 10_000
const revocationKind = 'revoked-token'

interface CacheEntry {
  readonly verified: VerifiedCaller
  readonly provenAt: number
  /** When somebody last set out to prove it anew. */
  askedAt: number
}

export function keyDigest(key: string): string {
  return hash('sha256', key, 'hex')
}

export function createAuthenticator(options: AuthenticatorOptions): RevokingAuthenticator {
  const { documents, failures, verifiers = [] } = options
  const clock = options.clock ?? systemClock()
  const keys = new Map<string, { digest: string; caller: Caller }>()
  for (const key of options.keys ?? []) {
    const { id, project, environment, scopes } = key
    const digest = Buffer.from(key.digest, 'hex').toString('base64url')
    keys.set(digest, {
      digest,
      caller: frozenCaller({
        client: id,
        kind: 'key',
        project,
        environment,
        externalUserId: undefined,
        scopes,
        allowedOrigins: undefined,
      }),
    })
  }
  const cache = new Map<string, CacheEntry>()

  function remember(digest: string, proven: VerifiedCaller): Caller {
    const verified = { ...proven, caller: frozenCaller(proven.caller) }
    if (cache.size >= cacheEntriesMax) {
      const oldest = cache.keys().next()
      if (!oldest.done) cache.delete(oldest.value)
    }
    const now = clock.now()
    cache.set(digest, { verified, provenAt: now, askedAt: now })
    return verified.caller
  }

  /** Throws `invalid_token`, also for one that was revoked. */
  async function prove(bearer: string): Promise<VerifiedCaller> {
    for (const verifier of verifiers) {
      const verified = await verifier.verify(bearer)
      if (verified === undefined) continue
      if (verified.expiresAt <= clock.now()) throw invalidToken()
      const { tokenId } = verified
      if (tokenId !== undefined && (await isRevoked(tokenId))) break
      return verified
    }
    throw invalidToken()
  }

  async function isRevoked(tokenId: string): Promise<boolean> {
    try {
      return (await documents.readDocument(revocationKind, tokenId)) !== undefined
    } catch (error) {
      throw toStoreError(error)
    }
  }

  async function proveAndRemember(bearer: string, digest: string, entry: CacheEntry | undefined): Promise<Caller> {
    try {
      return remember(digest, await prove(bearer))
    } catch (error) {
      const isInvalid = error instanceof ProxyError && error.code === 'invalid_token'
      if (isInvalid) cache.delete(digest)
      else if (entry !== undefined && clock.now() - entry.provenAt < usableForMs) return entry.verified.caller
      throw error
    }
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
      const digest = hash('sha256', bearer, 'base64url') // shorter than hex, and quicker to make and to look up
      const found = keys.get(digest)
      if (found !== undefined && timingSafeEqual(Buffer.from(found.digest), Buffer.from(digest))) return found.caller
      const entry = cache.get(digest)
      const now = clock.now()
      if (entry !== undefined) {
        if (entry.verified.expiresAt <= now) {
          cache.delete(digest)
          throw invalidToken()
        }
        // One call proves it anew; the others need not wait for that.
        if (now - entry.askedAt < provenForMs && now - entry.provenAt < usableForMs) return entry.verified.caller
        entry.askedAt = now
      }
      return proveAndRemember(bearer, digest, entry).catch(async (error: unknown) => {
        const isInvalid = error instanceof ProxyError && error.code === 'invalid_token'
        throw isInvalid ? await refusal(remoteAddress) : error
      })
    },
    async revoke(tokenId, expiresAt) {
      try {
        await documents.writeDocument({ kind: revocationKind, id: tokenId, value: true, expiresAt }, undefined)
      } finally {
        for (const [digest, entry] of cache) if (entry.verified.tokenId === tokenId) cache.delete(digest)
      }
    },
  }
}

/** Of one shape, whoever made it: every call reads it, and code for one shape alone is faster. */
function frozenCaller({ client, kind, project, environment, externalUserId, scopes, allowedOrigins }: Caller): Caller {
  return Object.freeze({
    client,
    kind,
    project,
    environment,
    externalUserId,
    scopes: Object.freeze([...scopes]),
    allowedOrigins,
  })
}

function invalidToken(): ProxyError {
  return new ProxyError('invalid_token', 'The token is unknown, expired or revoked.')
}

function tooManyFailures(retryAfterMs: number): ProxyError {
  return new ProxyError('rate_limited', 'Throttled', { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) })
}
