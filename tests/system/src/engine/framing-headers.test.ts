import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from './raw-upstream.js'
import { type Engine, startKeysEngine } from './start-engine.js'

let upstream: RawUpstream
let engine: Engine

beforeAll(async () => {
  upstream = await startRawUpstream()
  upstream.script = (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  engine = await startKeysEngine(upstream.port)
})

afterAll(async () => {
  await engine.close()
  await upstream.stop()
})

it.each([
  ['host', 'evil.example'],
  ['expect', '100-continue'],
  ['connection', 'close'],
  ['keep-alive', 'timeout=1'],
  ['transfer-encoding', 'chunked'],
  ['te', 'trailers'],
  ['trailer', 'x-mine'],
  ['upgrade', 'h2c'],
  ['http2-settings', 'AAMAAABk'],
  ['proxy-authorization', 'Basic eA=='],
  ['proxy-connection', 'close'],
])('%s of a wire form that lets it through stays here, and what stands beside it goes up', async (name, value) => {
  const answer = await engine.call({ target: '/x', account: 'apn_1', headers: [name, value, 'x-mine', '1'] })
  expect(answer.status).toBe(200)
  const lines = (upstream.heads.at(-1) ?? '').split('\r\n').slice(1)
  expect(lines).not.toContain(`${name}: ${value}`)
  expect(lines.filter((line) => line.startsWith('host:'))).toEqual([`host: 127.0.0.1:${upstream.port}`])
  expect(lines).toEqual(expect.arrayContaining(['x-mine: 1', 'x-key: ours', 'connection: keep-alive']))
})
