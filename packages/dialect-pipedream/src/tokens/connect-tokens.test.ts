import { describe, expect, it } from 'vitest'
import { createBench } from '../../testing/bench.js'

const record = {
  project: 'proj_demo',
  environment: 'development',
  externalUserId: 'user-1',
  scopes: ['connect:proxy'],
  client: 'demo',
  allowedOrigins: ['https://app.example.com'],
  appId: undefined,
  choices: undefined,
  oauthAppId: undefined,
  accountId: undefined,
  successRedirectUri: undefined,
  errorRedirectUri: undefined,
  webhookUri: undefined,
} as const

describe('a connect token', () => {
  it('proves one end user of one project and environment', async () => {
    const { connectTokens, clock } = createBench()
    const token = await connectTokens.create(record, clock.now() + 1000)
    expect(token).toMatch(/^ctok_[0-9a-f]{32}$/)
    const verified = await connectTokens.verify(token)
    expect(verified?.caller).toMatchObject({
      kind: 'connect-token',
      project: 'proj_demo',
      environment: 'development',
      externalUserId: 'user-1',
      allowedOrigins: ['https://app.example.com'],
      scopes: ['connect:proxy'],
    })
    expect(verified?.caller.client).not.toContain(token.slice(5))
    expect(verified?.expiresAt).toBe(clock.now() + 1000)
  })

  it('is stored under its digest, never as it is', async () => {
    const { connectTokens, storage, clock } = createBench()
    const token = await connectTokens.create(record, clock.now() + 1000)
    const stored = JSON.stringify(await storage.listDocuments('connect-token', ''))
    expect(stored).toContain('user-1')
    expect(stored).not.toContain(token.slice(5))
  })

  it('ends', async () => {
    const { connectTokens, clock } = createBench()
    const token = await connectTokens.create(record, clock.now() + 1000)
    clock.advance(999)
    expect(await connectTokens.find(token)).toBeDefined()
    clock.advance(1)
    expect(await connectTokens.find(token)).toBeUndefined()
    await expect(connectTokens.verify(token)).rejects.toMatchObject({ code: 'invalid_token' })
  })

  it('loses what the client that made it loses', async () => {
    const { connectTokens, clients, clock } = createBench()
    const demo = clients.get('demo')
    if (demo === undefined) throw new Error('The bench has no client.')
    const scopes = ['connect:proxy', 'connect:accounts:read']
    const token = await connectTokens.create({ ...record, scopes }, clock.now() + 1000)
    clients.set('demo', { ...demo, scopes: ['connect:accounts:read'] })
    expect((await connectTokens.verify(token))?.caller.scopes).toEqual(['connect:accounts:read'])
    clients.delete('demo')
    await expect(connectTokens.verify(token)).rejects.toMatchObject({ code: 'invalid_token' })
  })

  it.each(['ctok_', 'ctok_123', `ctok_${'A'.repeat(32)}`, `ctok_${'0'.repeat(33)}`, `ctok_${'0'.repeat(32)}`])(
    'is not %s',
    async (text) => {
      const { connectTokens } = createBench()
      await expect(connectTokens.verify(text)).rejects.toMatchObject({ code: 'invalid_token' })
    },
  )

  it('leaves other kinds of bearer to others', async () => {
    const { connectTokens } = createBench()
    expect(await connectTokens.verify('static-key-dev')).toBeUndefined()
    expect(await connectTokens.verify('a.b.c')).toBeUndefined()
  })
})
