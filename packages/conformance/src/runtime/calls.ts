import { buffer } from 'node:stream/consumers'
import type { IncomingCall } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { type Bench, readAnswer } from './runtime-under-test.js'

type Fact = Pick<IncomingCall, 'method' | 'target' | 'headers' | 'remoteAddress'> & {
  readonly body: string | undefined
}

/** What the handler sees of a request. */
async function seen({ onCall, connect }: Bench, request: string): Promise<Fact> {
  const facts: Fact[] = []
  onCall(async (call, open) => {
    const { method, target, headers, remoteAddress } = call
    const body = call.body === undefined ? undefined : (await buffer(call.body)).toString('latin1')
    facts.push({ method, target, headers, remoteAddress, body })
    open({ status: 204, headers: [] }).end()
  })
  const peer = await connect(request)
  expect(await readAnswer(peer)).toMatchObject({ status: 204 })
  const [fact] = facts
  if (fact === undefined) throw new Error('The handler was not called')
  return fact
}

interface Passage {
  readonly keepsHeaders: boolean
  readonly arrivesAs: (target: string) => string
}

export function testCalls(get: () => Bench, { keepsHeaders, arrivesAs }: Passage): void {
  describe('a call', () => {
    it.each([
      '/',
      '/v1/connect/proj/proxy/aHR0cHM6Ly9h?x=1&x=2&y',
      '/a%2Fb/%2e%2e/c',
      '/a/../b/./c',
      '/a//b',
      '/%zz%',
      '/?',
      '/?a=%20+%2B',
      '/a;b=c,d@e:f',
    ])('has the target as it was sent: %s', async (target) => {
      const fact = await seen(get(), `GET ${target} HTTP/1.1\r\nhost: h\r\n\r\n`)
      expect(fact).toMatchObject({ method: 'GET', target: arrivesAs(target) })
    })

    it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('has its method: %s', async (method) => {
      const fact = await seen(get(), `${method} / HTTP/1.1\r\nhost: h\r\n\r\n`)
      expect(fact).toMatchObject({ method, body: undefined })
    })

    it.runIf(keepsHeaders)('has its headers as they came: order, case, duplicates and bytes', async () => {
      const lines = ['Host: h', 'X-B: 1', 'x-a:  two  ', 'X-b: 3', 'x-latin: caf\u00e9', 'x-empty:']
      const { headers } = await seen(get(), `GET / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      expect(headers).toEqual([
        'Host',
        'h',
        'X-B',
        '1',
        'x-a',
        'two',
        'X-b',
        '3',
        'x-latin',
        'caf\u00e9',
        'x-empty',
        '',
      ])
    })

    it('has the address of its caller', async () => {
      const { remoteAddress } = await seen(get(), 'GET / HTTP/1.1\r\nhost: h\r\n\r\n')
      expect(remoteAddress).toMatch(/^(::ffff:)?127\.0\.0\.1$|^::1$/)
    })

    it.each([
      ['of no length', 'content-length: 0\r\n\r\n', [undefined]],
      ['of a length', 'content-length: 5\r\n\r\nhe\0\u00e9o', ['he\0\u00e9o']],
      ['in chunks', 'transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', ['hello']],
      ['in no chunks', 'transfer-encoding: chunked\r\n\r\n0\r\n\r\n', ['', undefined]],
    ])('has a body %s', async (_, rest, wanted) => {
      const { body } = await seen(get(), `POST / HTTP/1.1\r\nhost: h\r\n${rest}`)
      expect(wanted).toContain(body)
    })

    it('is not mixed with others at the same time', async () => {
      const { onCall, connect } = get()
      onCall(async (call, open) => {
        const body = call.body === undefined ? Buffer.alloc(0) : await buffer(call.body)
        open({ status: 200, headers: ['x-target', call.target] }).end(body)
      })
      const answers = await Promise.all(
        Array.from({ length: 50 }, async (_, nth) => {
          const body = `${nth} `.repeat(nth * 50)
          const peer = await connect(
            `POST /${nth} HTTP/1.1\r\nhost: h\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
          )
          const answer = await readAnswer(peer)
          return answer.body.toString() === body && answer.headers.includes(`/${nth}`)
        }),
      )
      expect(answers).not.toContain(false)
    })
  })
}
