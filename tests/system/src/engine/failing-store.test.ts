import { type Caller, createAuthenticator, ProxyError, type Storage, type TokenVerifier } from '@proxy/core'
import { memoryStorage } from '@proxy/storage-memory'
import { startUpstream } from '@proxy/test-support'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startEngine } from './start-engine.js'

/** A host's own store, which fails as its client's library does. */
function failing(error: Error): { storage: Storage; fail(): void } {
  const inner = memoryStorage()
  let fails = false
  const storage: Storage = {
    ...inner,
    readAccount: (scope, id) => (fails ? Promise.reject(error) : inner.readAccount(scope, id)),
  }
  return {
    storage,
    fail: () => {
      fails = true
    },
  }
}

describe('a store of a host’s own that cannot answer', () => {
  it.each([
    [
      'an error of its library',
      new Error('ECONNREFUSED 10.0.0.1:5432 password=canary'),
      503,
      'credential_store_unavailable',
    ],
    ['an error of ours', new ProxyError('overloaded', 'Too much.'), 503, 'overloaded'],
  ])('with %s: the call is told to come again', async (_, error, status, code) => {
    const api = await startUpstream()
    onTestFinished(() => api.stop())
    const { storage, fail } = failing(error)
    const errors: ProxyError[] = []
    const engine = await startEngine({
      apps: [
        {
          ...{ name_slug: 'acme', name: 'Acme', auth_type: 'none', auth: [] },
          connect: { base_proxy_target_url: `http://127.0.0.1:${api.port}` },
        },
      ],
      accounts: [{ id: 'apn_1', app: 'acme' }],
      allowPrivate: [`127.0.0.1:${api.port}`],
      storage,
      onError: (told) => errors.push(told),
    })
    onTestFinished(() => engine.close())
    expect((await engine.call({ target: '/x', account: 'apn_1' })).status).toBe(200)
    fail()
    const answer = await engine.call({ target: '/x', account: 'apn_1' })
    expect([answer.status, answer.header('x-code')]).toEqual([status, code])
    expect(String(answer.body)).not.toMatch(/canary|10\.0/)
    expect(errors.map(({ retryAfterSeconds }) => retryAfterSeconds)).toEqual([1])
    expect(api.requests).toHaveLength(1)
  })

  it('lets no token pass of which nobody knows whether it was revoked', async () => {
    const verifier: TokenVerifier = {
      async verify() {
        const caller: Caller = {
          ...{ client: 'c', kind: 'client', project: 'p', scopes: ['*'] },
          ...{ environment: undefined, externalUserId: undefined, allowedOrigins: undefined },
        }
        return { caller, expiresAt: Number.POSITIVE_INFINITY, tokenId: 'token-1' }
      },
    }
    const documents = { ...memoryStorage(), readDocument: () => Promise.reject(new Error('the library failed')) }
    const authenticator = createAuthenticator({ documents, verifiers: [verifier] })
    await expect(authenticator.authenticate('token', '::1')).rejects.toMatchObject({
      code: 'credential_store_unavailable',
      retryAfterSeconds: 1,
    })
  })
})
