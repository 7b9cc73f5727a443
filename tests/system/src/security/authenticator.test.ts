import { manualClock } from '@proxy/conformance'
import {
  type Authenticator,
  type Caller,
  createAuthenticator,
  keyDigest,
  ProxyError,
  type Storage,
  type TokenVerifier,
} from '@proxy/core'
import { memoryRateLimiter, memoryStorage } from '@proxy/storage-memory'
import { beforeEach, describe, expect, it } from 'vitest'

const here = '192.0.2.1'
const clock = manualClock(1_000_000)
const caller: Caller = {
  client: 'demo',
  kind: 'client',
  project: 'proj_demo',
  environment: undefined,
  externalUserId: undefined,
  scopes: ['*'],
  allowedOrigins: undefined,
}
let storage: Storage
let isStoreDown: boolean
let clients: Set<string>
let proofs: number

/** Proves texts such as `demo.1`: a client that is known, and the id of the token. */
const verifier: TokenVerifier = {
  async verify(bearer) {
    const [client = '', tokenId] = bearer.split('.')
    if (tokenId === undefined) return undefined
    proofs += 1
    if (!clients.has(client)) throw new ProxyError('invalid_token', 'no such client')
    return { caller: { ...caller, client }, expiresAt: 100_000_000, tokenId }
  },
}

beforeEach(() => {
  const memory = memoryStorage({ clock })
  isStoreDown = false
  clients = new Set(['demo', 'other'])
  proofs = 0
  storage = {
    ...memory,
    readDocument: (kind, id) =>
      isStoreDown
        ? Promise.reject(new ProxyError('credential_store_unavailable', 'down'))
        : memory.readDocument(kind, id),
  }
})

function instance(failures?: number) {
  return createAuthenticator({
    keys: [{ id: 'static', digest: keyDigest('the-static-key'), project: 'p', environment: undefined, scopes: ['*'] }],
    verifiers: [verifier],
    documents: storage,
    clock,
    ...(failures !== undefined && {
      failures: { limiter: memoryRateLimiter({ clock }), limit: failures, windowMs: 60_000 },
    }),
  })
}

async function outcome(authenticator: Authenticator, bearer: string | undefined, from = here): Promise<string> {
  try {
    return (await authenticator.authenticate(bearer, from)).client
  } catch (error) {
    return error instanceof ProxyError ? error.code : String(error)
  }
}

describe('what stops working', () => {
  it('a revoked token, here at once and on another instance within 5 s', async () => {
    const [one, other] = [instance(), instance()]
    expect([await outcome(one, 'demo.1'), await outcome(other, 'demo.1'), await outcome(other, 'demo.2')]).toEqual([
      'demo',
      'demo',
      'demo',
    ])
    await one.revoke('1', 100_000_000)
    expect(await outcome(one, 'demo.1')).toBe('invalid_token')
    clock.advance(5_000)
    expect(await outcome(other, 'demo.1')).toBe('invalid_token')
    expect(await outcome(other, 'demo.2')).toBe('demo')
  })

  it('a token whose client is gone, within 5 s', async () => {
    const authenticator = instance()
    expect(await outcome(authenticator, 'demo.1')).toBe('demo')
    clients.delete('demo')
    clock.advance(5_000)
    expect(await outcome(authenticator, 'demo.1')).toBe('invalid_token')
    expect(await outcome(authenticator, 'other.1')).toBe('other')
  })

  it('a token of which nobody could say for a minute that it is still good', async () => {
    const authenticator = instance()
    expect(await outcome(authenticator, 'demo.1')).toBe('demo')
    isStoreDown = true
    for (let second = 0; second < 59; second += 1) {
      clock.advance(1_000)
      expect(await outcome(authenticator, 'demo.1')).toBe('demo')
    }
    for (let second = 0; second < 5; second += 1) {
      clock.advance(1_000)
      expect(await outcome(authenticator, 'demo.1')).toBe('credential_store_unavailable')
    }
    isStoreDown = false
    expect(await outcome(authenticator, 'demo.1')).toBe('demo')
  })

  it('and a token that was never seen is not good while the store is down', async () => {
    isStoreDown = true
    expect(await outcome(instance(), 'demo.1')).toBe('credential_store_unavailable')
  })
})

describe('what is proven', () => {
  it('is proven once in two seconds, however many calls come', async () => {
    const authenticator = instance()
    await authenticator.authenticate('demo.1', here)
    clock.advance(2_000)
    await Promise.all(Array.from({ length: 100 }, () => authenticator.authenticate('demo.1', here)))
    for (let call = 0; call < 100; call += 1) await authenticator.authenticate('demo.1', here)
    expect(proofs).toBe(2)
  })
})

describe('failures', () => {
  it('are counted for their source alone, and never keep a good caller out', async () => {
    const authenticator = instance(3)
    const guesses = []
    for (let guess = 0; guess < 5; guess += 1) guesses.push(await outcome(authenticator, `wrong-${guess}`))
    expect(guesses).toEqual(['invalid_token', 'invalid_token', 'invalid_token', 'rate_limited', 'rate_limited'])
    expect(await outcome(authenticator, 'nobody.1')).toBe('rate_limited')
    expect(await outcome(authenticator, 'demo.1')).toBe('demo')
    expect(await outcome(authenticator, 'the-static-key')).toBe('static')
    expect(await outcome(authenticator, 'wrong', '192.0.2.2')).toBe('invalid_token')
    clock.advance(60_001)
    expect(await outcome(authenticator, 'wrong')).toBe('invalid_token')
  })

  it('are not made by calls that succeed or have no token', async () => {
    const authenticator = instance(1)
    for (let call = 0; call < 20; call += 1) {
      expect(await outcome(authenticator, 'demo.1')).toBe('demo')
      expect(await outcome(authenticator, undefined)).toBe('missing_token')
    }
    expect(await outcome(authenticator, 'wrong')).toBe('invalid_token')
  })
})
