import { Writable } from 'node:stream'
import type { IncomingCall, ResponseHead } from '@proxy/core'
import { expect, it } from 'vitest'
import { withOperations } from './operations.js'

const handler = withOperations(
  { handle: () => Promise.reject(new Error('the call went on to the proxy')) },
  {
    metrics: { contentType: 'text/plain', text: async () => 'up 1\n', token: 'of-metrics' },
    isDraining: () => false,
    parts: async () => ({ isReady: true, parts: { storage: 'ok' } }),
  },
)

async function ask(method: string, target: string, headers: readonly string[] = []) {
  const call: IncomingCall = { method, target, headers, body: undefined, remoteAddress: '::1', onCallerLeft() {} }
  let head: ResponseHead | undefined
  let body = ''
  await handler.handle(call, (opened) => {
    head = opened
    return new Writable({
      write(chunk: Buffer, _encoding, callback) {
        body += chunk.toString()
        callback()
      },
    })
  })
  const found = new Map<string, string>()
  for (let index = 0; index < (head?.headers.length ?? 0); index += 2) {
    found.set(head?.headers[index] ?? '', head?.headers[index + 1] ?? '')
  }
  return { status: head?.status, headers: found, body }
}

it.each(['/livez', '/readyz', '/metrics', '/livez?x=1'])('every answer of %s has a request id', async (target) => {
  for (const method of ['GET', 'HEAD']) {
    const { status, headers, body } = await ask(method, target, ['Authorization', 'Bearer of-metrics'])
    expect([status, headers.get('x-proxy-error')]).toEqual([200, undefined])
    expect(headers.get('x-request-id')).toMatch(/\S{16}/)
    expect(body === '').toBe(method === 'HEAD')
  }
})

it('refusals have the form of all refusals of this server', async () => {
  const refused = await ask('POST', '/livez')
  expect(refused.status).toBe(405)
  expect(JSON.parse(refused.body)).toEqual({ error: 'POST is not allowed here.', code: 'method_not_allowed' })
  expect(refused.headers.get('x-proxy-error')).toBe('method_not_allowed')
  expect(refused.headers.get('allow')).toBe('GET, HEAD')
  expect(refused.headers.get('x-request-id')).toBeDefined()

  const unknown = await ask('GET', '/metrics', ['Authorization', 'Bearer other'])
  expect([unknown.status, unknown.headers.get('x-proxy-error')]).toEqual([401, 'invalid_token'])
  expect(unknown.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
  expect(unknown.headers.get('x-request-id')).toBeDefined()
})
