import type { Caller } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { createBench } from '../../testing/bench.js'
import { windowTokens } from './window-tokens.js'

const caller: Caller = {
  client: 'demo',
  kind: 'client',
  project: 'proj_demo',
  environment: undefined,
  externalUserId: undefined,
  allowedOrigins: undefined,
  scopes: ['*'],
}

describe('a rate window of a caller', () => {
  it('is known by its token to every instance, to its own project alone', async () => {
    const { windowTokens: windows, call, clock } = createBench()
    const body = { window_size_seconds: 10, requests_per_window: 3 }
    const answer = await call('POST', '/v1/connect/rate_limits', { json: body })
    expect(answer.json).toEqual({ token: expect.any(String) })
    const { token } = answer.json
    const limit = await windows.resolve(token, caller)
    expect(limit).toEqual({ id: expect.any(String), requests: 3, windowMs: 10_000 })
    expect(await windows.resolve(token, caller)).toEqual(limit)
    expect(await windows.resolve(token, { ...caller, project: 'proj_other' })).toBeUndefined()
    const signingKeys = [Buffer.alloc(32, 7).toString('base64')]
    const elsewhere = windowTokens({ signingKeys, issuer: 'http://127.0.0.1:3000', clock })
    expect(await elsewhere.resolve(token, caller)).toEqual(limit)
  })

  it('is its own, even when another has the same figures', async () => {
    const { windowTokens: windows } = createBench()
    const window = { requests: 1, windowSeconds: 1 }
    const [one, other] = await Promise.all([windows.issue(window, 'proj_demo'), windows.issue(window, 'proj_demo')])
    expect((await windows.resolve(one, caller))?.id).not.toBe((await windows.resolve(other, caller))?.id)
  })

  it('is unknown by any other text, an access token included', async () => {
    const { windowTokens: windows, token, authenticator } = createBench()
    for (const text of ['', 'x', 'a.b.c', await token()]) expect(await windows.resolve(text, caller)).toBeUndefined()
    const window = await windows.issue({ requests: 1, windowSeconds: 1 }, 'proj_demo')
    await expect(authenticator.authenticate(window, '::1')).rejects.toMatchObject({ code: 'invalid_token' })
  })
})
