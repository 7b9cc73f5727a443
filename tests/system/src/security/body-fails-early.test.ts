import { PassThrough } from 'node:stream'
import type { TokenExchange } from '@proxy/core'
import { memoryLeaseStore } from '@proxy/storage-memory'
import { type Deferred, deferred, startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine/start-engine.js'

/** The moment between taking a body and sending it can be long: here the credential is renewed in it. */
let renewed: Deferred<void>
let asked: Deferred<void>
let upstream: Upstream
let engine: Engine

const exchange: TokenExchange = {
  async exchange() {
    asked.resolve()
    await renewed.promise
    return { credentials: { oauth_access_token: 'fresh' }, expiresAt: undefined, scopes: undefined }
  },
}

beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.stop())

beforeEach(async () => {
  upstream.forget()
  renewed = deferred()
  asked = deferred()
  engine = await startEngine({
    apps: [
      {
        name_slug: 'acme',
        name: 'Acme',
        auth_type: 'oauth',
        connect: { base_proxy_target_url: `http://localhost:${upstream.port}` },
        auth: [{ kind: 'bearer' }],
        oauth: { token_url: 'https://id.example.com/token' },
      },
      {
        name_slug: 'signed',
        name: 'Signed',
        auth_type: 'keys',
        custom_fields: [{ name: 'key', type: 'password' }],
        connect: { base_proxy_target_url: `http://localhost:${upstream.port}` },
        auth: [{ kind: 'hmac', key: '{{custom_fields.key}}', name: 'x-signature', string: '{{request.body}}' }],
      },
    ],
    accounts: [
      {
        id: 'apn_acme',
        app: 'acme',
        credentials: { oauth_access_token: 'old', oauth_refresh_token: 'r' },
        expiresAt: 1,
      },
    ],
    allowPrivate: [`127.0.0.1:${upstream.port}`],
    renewal: { exchange, leases: memoryLeaseStore() },
  })
  return () => engine.close()
})

describe('a body that fails before it is sent', () => {
  it.each<[string, (body: PassThrough) => void]>([
    ['breaks', (body) => body.destroy(new Error('the caller broke it'))],
    ['is cut', (body) => body.destroy()],
  ])('ends the call when it %s while the credential is renewed', async (_, end) => {
    const body = new PassThrough()
    body.write('some')
    const pending = engine.call({ target: '/x', account: 'apn_acme', method: 'POST', body })
    await asked.promise
    end(body)
    await new Promise((resolve) => setImmediate(resolve))
    renewed.resolve()
    const answer = await pending
    expect([answer.status, answer.header('x-code')]).toEqual([400, 'invalid_request'])
    expect(upstream.requests).toHaveLength(0)
  })

  it.each([undefined, 100])(
    'ends the call when it was gone before it was looked at (length %s)',
    async (bodyLength) => {
      renewed.resolve()
      const body = new PassThrough()
      body.on('error', () => undefined)
      body.destroy(new Error('the caller broke it'))
      await new Promise((resolve) => setImmediate(resolve))
      const call = {
        target: '/x',
        account: 'apn_acme',
        method: 'POST',
        body,
        ...(bodyLength !== undefined && { bodyLength }),
      }
      const answer = await engine.call(call)
      expect([answer.status, answer.header('x-code')]).toEqual([400, 'invalid_request'])
      expect(upstream.requests).toHaveLength(0)
    },
  )

  it('while one that comes late arrives whole', async () => {
    const body = new PassThrough()
    const pending = engine.call({ target: '/x', account: 'apn_acme', method: 'POST', body })
    await asked.promise
    body.end('all of it')
    renewed.resolve()
    expect((await pending).status).toBe(200)
    expect(upstream.only().body.toString()).toBe('all of it')
  })
})
