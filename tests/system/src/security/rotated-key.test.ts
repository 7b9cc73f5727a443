import { randomBytes } from 'node:crypto'
import { rawRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from '../server/command.js'
import { startWorld, type World } from '../server/world.js'

let upstream: Upstream

beforeAll(async () => {
  upstream = await startUpstream()
})

afterAll(() => upstream.stop())

const [first, next] = ['first-key-of-the-backend', 'next-key-of-the-backend']
const makers = {
  '/v1/connect/proj_1/tokens': { external_user_id: 'u1', scope: 'connect:proxy' },
  '/connect/sessions': { end_user: { id: 'u1' } },
}

async function make(world: World, key: string): Promise<string[]> {
  return await Promise.all(
    Object.entries(makers).map(async ([path, json]) => {
      const answer = await rawRequest(world.url + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'x-pd-environment': 'development',
          'content-type': 'application/json',
        },
        body: JSON.stringify(json),
      })
      return /ctok_\w{32}/.exec(answer.text())?.[0] ?? answer.text()
    }),
  )
}

it('what a key made for browsers ends when the key is taken out of the configuration', async () => {
  const folder = temporaryFolder()
  const storage = { kind: 'memory', file: 'accounts.journal' }
  const encryption = { keys: [randomBytes(32).toString('base64')] }
  const start = (...keys: string[]) => {
    const secretKeys = keys.map((key) => ({ key, environment: 'development', scopes: ['*'] }))
    const config = { storage, encryption, projects: [{ id: 'proj_1', secretKeys }] }
    return startWorld({ upstreamPort: upstream.port, folder, config })
  }
  const statusOf = async (world: World, token: string) => {
    const { url, headers } = world.call('/x', token)
    return (await rawRequest(url, { headers })).status
  }
  const stop = async (world: World) => {
    world.server.child.kill('SIGTERM')
    expect(await world.server.ended).toBe(0)
  }

  const before = await start(first)
  const old = await make(before, first)
  for (const token of old) expect(await statusOf(before, token)).toBe(200)
  await stop(before)

  const between = await start(first, next)
  const fresh = await make(between, next)
  for (const token of [...old, ...fresh]) expect(await statusOf(between, token)).toBe(200)
  await stop(between)

  upstream.forget()
  const after = await start(next)
  for (const token of old) expect(await statusOf(after, token)).toBe(401)
  expect(upstream.requests).toHaveLength(0)
  for (const token of fresh) expect(await statusOf(after, token)).toBe(200)
})
