import { keyDigest, type StaticKey } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { createBench } from '../../testing/bench.js'
import { connectTokens } from './connect-tokens.js'
import { clientDirectory } from './oauth-client.js'

const record = {
  project: 'proj_demo',
  environment: 'development',
  externalUserId: 'user-1',
  scopes: ['connect:proxy'],
  client: 'demo',
  keyDigest: undefined,
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

  it('ends with the static key that made it', async () => {
    const { call, storage, clock } = createBench()
    const make = async (bearer?: string) => {
      const json = { external_user_id: 'user-1', scope: 'connect:proxy connect:accounts:read' }
      return (await call('POST', '/v1/connect/proj_demo/tokens', { json, ...(bearer && { bearer }) })).json.token
    }
    const [byKey, byClient] = [await make('static-key-dev'), await make()]
    const tokensOf = (keys: readonly StaticKey[]) => {
      const clients = clientDirectory([{ id: 'demo', secretDigests: [], project: 'proj_demo', scopes: ['*'] }])
      return connectTokens({ documents: storage, clients, keys, clock })
    }
    const key = { id: 'key-dev', digest: keyDigest('static-key-dev'), project: 'proj_demo', environment: undefined }
    expect((await tokensOf([{ ...key, scopes: ['*'] }]).verify(byKey))?.caller.scopes).toHaveLength(2)
    const weaker = tokensOf([{ ...key, scopes: ['connect:proxy'] }])
    expect((await weaker.verify(byKey))?.caller.scopes).toEqual(['connect:proxy'])
    const others = [{ digest: keyDigest('the-next-key') }, { project: 'proj_other' }]
    for (const other of [[], ...others.map((change) => [{ ...key, ...change, scopes: ['*'] }])]) {
      await expect(tokensOf(other).verify(byKey)).rejects.toMatchObject({ code: 'invalid_token' })
      expect((await tokensOf(other).verify(byClient))?.caller.externalUserId).toBe('user-1')
    }
    expect(JSON.stringify(await storage.listDocuments('connect-token', ''))).not.toContain('static-key-dev')
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
