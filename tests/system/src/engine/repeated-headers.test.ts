import { startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Engine, startKeysEngine } from './start-engine.js'

let api: Upstream
let engine: Engine

beforeAll(async () => {
  api = await startUpstream()
  engine = await startKeysEngine(api.port)
})

afterAll(async () => {
  await engine.close()
  await api.stop()
})

beforeEach(() => api.forget())

function post(...headers: string[]) {
  return engine.call({ method: 'POST', target: '/x', account: 'apn_1', headers, body: '{}' })
}

it.each([
  ['content-type', 'application/json', 'text/plain'],
  ['content-type', 'text/plain', 'text/plain'],
  ['authorization', 'Basic a', 'Basic b'],
  ['user-agent', 'a', 'b'],
  ['range', 'bytes=0-1', 'bytes=0-2'],
])('a header that may stand once goes upstream once or not at all: %s', async (name, first, second) => {
  expect((await post(name, first, 'x-between', '1')).status).toBe(200)
  expect(api.only().values(name)).toEqual([first])
  api.forget()
  const refused = await post(name, first, 'x-between', '1', name, second)
  expect([refused.status, refused.header('x-code')]).toEqual([400, 'invalid_request'])
  expect(refused.body.toString()).toBe(`The header ${name} is repeated.`)
  expect(api.requests).toEqual([])
})

it('a header that may stand several times does so', async () => {
  await post('accept', 'text/a', 'accept', 'text/b', 'x-tag', '1', 'x-tag', '2')
  expect([api.only().values('accept'), api.only().values('x-tag')]).toEqual([
    ['text/a', 'text/b'],
    ['1', '2'],
  ])
})

it('the caller’s headers under the name of the credential give way to it, however many they are', async () => {
  await post('x-key', 'a', 'x-key', 'b')
  expect(api.only().values('x-key')).toEqual(['ours'])
})
