import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { exchange } from '../../testing/exchange.js'
import { startRawUpstream } from '../../testing/raw-upstream.js'
import { headerTexts } from './header-texts.js'
import { undiciTransport } from './undici.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const headers = [
  'X-Long-Name-Of-A-Header',
  'a value of more than thirteen bytes',
  'X-Empty',
  '',
  'A',
  'b',
  'X-Latin',
  'ÿé',
]
const lines = [0, 2, 4, 6].map((at) => `${headers[at]}: ${headers[at + 1]}\r\n`).join('')
const head = Buffer.from(`HTTP/1.1 200 OK\r\n${lines}Content-Length: 4\r\n\r\n`, 'latin1')

it('the texts of a head are the same wherever it is cut in two', async () => {
  let cutAt = 0
  const upstream = await startRawUpstream(async ({ socket }) => {
    if (cutAt > 0) socket.write(head.subarray(0, cutAt))
    for (let turn = 0; turn < 3; turn += 1) await nextTurn()
    socket.write(Buffer.concat([head.subarray(cutAt), Buffer.from('body')]))
  })
  const transport = undiciTransport({ network: { allowPrivate: ['127.0.0.1'] } })
  cleanUps.push(
    () => upstream.stop(),
    () => transport.close(),
  )
  for (; cutAt < head.length; cutAt += 1) {
    const outcome = await exchange(transport, `http://127.0.0.1:${upstream.port}/`)
    expect(outcome).toEqual({
      kind: 'relayed',
      status: 200,
      headers: [...headers, 'Content-Length', '4'],
      body: 'body',
    })
  }
  expect(upstream.connections).toHaveLength(1)
})

it('texts that lie elsewhere than in the read are taken from where they are', () => {
  const memory = Buffer.from('before..Name: value\r\nbehind')
  const read = memory.subarray(6, 21)
  const [name, value] = [read.subarray(2, 6), read.subarray(8, 13)]
  for (const other of [Buffer.from('put together'), memory.subarray(0, 6), memory.subarray(21)]) {
    for (const texts of [
      [other, value],
      [name, other],
      [name, value, other, value],
      [name, other, name, value],
    ]) {
      expect(headerTexts(texts, read)).toEqual(texts.map(String))
    }
  }
  expect(headerTexts([name, value], read)).toEqual(['Name', 'value'])
  expect(headerTexts([value, name], read)).toEqual(['value', 'Name'])
  expect(headerTexts([name, value], undefined)).toEqual(['Name', 'value'])
  expect(headerTexts([], read)).toEqual([])
})
