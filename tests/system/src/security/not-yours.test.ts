import { type Account, Secret, type Storage } from '@proxy/core'
import { memoryStorage } from '@proxy/storage-memory'
import { startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine/start-engine.js'

/** Every operation on the store, so that two calls can be compared by what they made it do. */
let operations: string[]
let upstream: Upstream
let engine: Engine

beforeAll(async () => {
  operations = []
  const storage = recorded(memoryStorage())
  upstream = await startUpstream()
  engine = await startEngine({
    apps: [
      {
        name_slug: 'acme',
        name: 'Acme',
        auth_type: 'keys',
        custom_fields: [{ name: 'key', type: 'password' }],
        connect: { base_proxy_target_url: `http://localhost:${upstream.port}` },
        auth: [{ kind: 'bearer', token: '{{custom_fields.key}}' }],
      },
    ],
    accounts: [{ id: 'apn_mine', app: 'acme', customFields: { key: 'mine' } }],
    allowPrivate: [`127.0.0.1:${upstream.port}`],
    storage,
  })
  const mine = await storage.readAccount({ project: 'proj_test', environment: 'development' }, 'apn_mine')
  if (mine === undefined) throw new Error('the account is not there')
  for (const change of foreignAccounts) await storage.writeAccount({ ...mine, ...change }, 0)
})

afterAll(async () => {
  await engine.close()
  await upstream.stop()
})

const values = new Secret({ customFields: { key: 'theirs' }, credentials: {} })
const foreignAccounts: readonly (Partial<Account> & { id: string })[] = [
  { id: 'apn_otheruser', externalId: 'a', externalUserId: 'user-2', values },
  { id: 'apn_similaruser', externalId: 'b', externalUserId: 'user-1 ', values },
  { id: 'apn_uppercase', externalId: 'c', externalUserId: 'USER-1', values },
  { id: 'apn_dead', externalId: 'd', externalUserId: 'user-2', dead: true, values },
  { id: 'apn_otherenv', externalId: 'e', environment: 'production', values },
  { id: 'apn_otherproj', externalId: 'f', project: 'proj_other', values },
  { id: 'apn_goneapp', externalId: 'g', app: 'no-such-app', values },
]

function recorded(storage: Storage): Storage {
  return new Proxy(storage, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return (...values: unknown[]) => {
        operations.push(String(name))
        return Reflect.apply(member, target, values) as unknown
      }
    },
  })
}

async function ask(account: string) {
  operations.length = 0
  const answer = await engine.call({ target: '/x', account })
  const headers = answer.headers.filter((_, index) => answer.headers[index - (index % 2)] !== 'x-request-id')
  return { status: answer.status, headers, body: answer.body.toString('latin1'), operations: [...operations] }
}

describe('an account that is not the caller’s', () => {
  it('is not there: the same bytes after the same work as one that nobody has', async () => {
    const absent = await ask('apn_nobody')
    expect([absent.status, absent.operations]).toEqual([404, ['readAccount']])
    for (const { id } of foreignAccounts) expect(await ask(id), id).toEqual(absent)
    expect(upstream.requests).toHaveLength(0)
  })

  it('while one’s own is there', async () => {
    expect((await ask('apn_mine')).status).toBe(200)
    expect(upstream.only().values('authorization')).toEqual(['Bearer mine'])
  })
})
