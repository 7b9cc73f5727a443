import type { AppDefinition } from '@proxy/core'
import { startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startEngine } from './start-engine.js'

let api: Upstream

beforeAll(async () => {
  api = await startUpstream()
})

afterAll(() => api.stop())

it("an app's limit counts the calls of all its accounts, and of no other app", async () => {
  const base_proxy_target_url = `http://127.0.0.1:${api.port}`
  const plain = { auth_type: 'none', connect: { base_proxy_target_url }, auth: [{ kind: 'none' }] } as const
  const limited: AppDefinition = { ...plain, name_slug: 'limited', name: 'L', limits: { requests: 3, window: '60s' } }
  const engine = await startEngine({
    apps: [limited, { ...plain, name_slug: 'free', name: 'F' }],
    accounts: [
      { id: 'apn_1', app: 'limited' },
      { id: 'apn_2', app: 'limited' },
      { id: 'apn_3', app: 'free' },
    ],
    allowPrivate: [`127.0.0.1:${api.port}`],
  })
  const statuses: number[] = []
  for (const account of ['apn_1', 'apn_2', 'apn_1', 'apn_2', 'apn_1', 'apn_3', 'apn_3', 'apn_3', 'apn_3']) {
    statuses.push((await engine.call({ target: '/x', account })).status)
  }
  await engine.close()
  expect(statuses).toEqual([200, 200, 200, 429, 429, 200, 200, 200, 200])
})
