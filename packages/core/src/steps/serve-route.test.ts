import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { findHeader } from '../headers.js'
import type { IncomingCall, ResponseHead } from '../ports/exchange.js'
import { serveRoute } from './serve-route.js'

/** A route that answers GET with what it sees, and nothing else. */
async function respond(request: Request): Promise<Response> {
  if (request.method === 'PUT') return new Response(null, { status: 204 })
  return request.method === 'GET'
    ? new Response('wörld', { headers: { 'content-type': 'text/plain', etag: '"1"' } })
    : new Response(`no ${request.method}: ${await request.text()}`, { status: 405 })
}

async function serve(method: string, body?: string) {
  const incoming: IncomingCall = {
    method,
    target: '/v1/route',
    headers: [],
    body: body === undefined ? undefined : Readable.from([Buffer.from(body)]),
    remoteAddress: '198.51.100.7',
    onCallerLeft() {},
  }
  const sink = new PassThrough()
  const heads: ResponseHead[] = []
  await serveRoute(
    { kind: 'route', respond },
    incoming,
    (head) => {
      heads.push(head)
      return sink
    },
    'req_1',
  )
  const [{ status, headers } = { status: 0, headers: [] }] = heads
  return { status, headers, length: findHeader(headers, 'content-length'), body: await text(sink) }
}

it('HEAD has the head of GET, with the length of its body, and no body', async () => {
  const got = await serve('GET')
  expect(got).toMatchObject({ status: 200, length: '6', body: 'wörld' })
  expect(await serve('HEAD')).toEqual({ ...got, body: '' })
})

it('HEAD with a body is the same', async () => {
  expect(await serve('HEAD', 'a body')).toEqual({ ...(await serve('GET')), body: '' })
})

it('other methods have their own answers', async () => {
  expect(await serve('POST', 'sent')).toMatchObject({ status: 405, length: '13', body: 'no POST: sent' })
  expect(await serve('PUT')).toMatchObject({ status: 204, length: undefined, body: '' })
})
