import { type RawAnswer, type RawRequest, rawRequest, status } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { secrets } from './world/configuration.js'
import { accessToken, callHeaders, proxyUrl, refusalOf } from './world/raw-calls.js'
import { startWorld, type World } from './world/start-world.js'

let world: World
let token: string

beforeAll(async () => {
  world = await startWorld()
  token = await accessToken(world)
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

function call(target: string, request: RawRequest & { headers?: Record<string, string> } = {}): Promise<RawAnswer> {
  return rawRequest(proxyUrl(world, target), { ...request, headers: { ...callHeaders(token), ...request.headers } })
}

function everyByteTimes(times: number): Buffer {
  return Buffer.concat(
    Array.from({ length: times }, () => Buffer.from(Uint8Array.from({ length: 256 }, (_, at) => at))),
  )
}

describe('bodies that the official clients cannot send go upstream byte for byte', () => {
  it.each([
    [
      'duplicate keys and big integers',
      '{ "id": 12345678901234567890, "id": 1.10e400,\n "a":"\\u00e9é" }',
      'application/json',
    ],
    ['JSON that is none', '{"open": [1,', 'application/json; charset=utf-8'],
    ['a form with its own escapes', 'a=1&a=2&b=%7e+%7E&c', 'application/x-www-form-urlencoded'],
    ['XML', '<?xml version="1.0"?><a b="c"/>', 'text/xml; charset=iso-8859-1'],
    ['a type that nobody knows', 'anything', 'application/vnd.acme.thing+v2;level=1'],
  ])('%s', async (_, body, type) => {
    const answer = await call('/bytes', { method: 'POST', headers: { 'content-type': type }, body })

    const seen = world.upstream.only()
    expect(answer.status).toBe(200)
    expect(seen.body.toString()).toBe(body)
    expect(seen.values('content-type')).toEqual([type])
    expect(seen.values('content-length')).toEqual([String(Buffer.byteLength(body))])
  })

  it('binary of every byte', async () => {
    const body = everyByteTimes(40)
    await call('/bytes', { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body })
    expect(world.upstream.only().body.equals(body)).toBe(true)
  })

  it('multipart with files', async () => {
    const fields = new FormData()
    fields.append('title', 'wörld')
    fields.append('file', new Blob([everyByteTimes(300)], { type: 'image/png' }), 'every byte.png')
    fields.append('file', new Blob(['second']), 'second.txt')
    const encoded = new Response(fields)
    const body = Buffer.from(await encoded.clone().arrayBuffer())
    const type = encoded.headers.get('content-type') ?? ''
    await call('/upload', { method: 'POST', headers: { 'content-type': type }, body })

    const seen = world.upstream.only()
    expect(seen.values('content-type')).toEqual([type])
    expect(seen.body.equals(body)).toBe(true)
  })

  it('a stream of unknown length, as it comes', async () => {
    const chunks = [Buffer.from('one,'), Buffer.from('two,'), everyByteTimes(20)]
    await call('/stream', { method: 'POST', headers: { 'content-type': 'text/csv' }, body: chunks })

    const seen = world.upstream.only()
    expect(seen.body.equals(Buffer.concat(chunks))).toBe(true)
    expect(seen.values('content-length')).toEqual([])
    expect(seen.values('transfer-encoding')).toEqual(['chunked'])
  })

  it('a body under DELETE', async () => {
    await call('/things', { method: 'DELETE', headers: { 'content-type': 'application/json' }, body: '{"ids": [1]}' })
    expect(world.upstream.only().body.toString()).toBe('{"ids": [1]}')
  })

  it('no body at all: neither a type nor a length goes upstream', async () => {
    await call('/none', { headers: { 'content-type': 'application/json' } })

    const seen = world.upstream.only()
    expect(seen.values('content-type')).toEqual([])
    expect(seen.values('transfer-encoding')).toEqual([])
  })
})

describe('methods', () => {
  it('HEAD gives the head of the answer and no body', async () => {
    world.upstream.answer('/file', status(200, { 'content-length': 1234, 'content-type': 'video/mp4', etag: '"1"' }))
    const answer = await call('/file', { method: 'HEAD' })

    expect([world.upstream.only().method, answer.status, answer.body.length]).toEqual(['HEAD', 200, 0])
    expect(answer.headers).toMatchObject({ 'content-length': '1234', 'content-type': 'video/mp4', etag: '"1"' })
  })

  it('HEAD of a management route has the length of what GET answers', async () => {
    const ask = (method: string) =>
      rawRequest(`${world.server.url}/v1/connect/apps?limit=3`, { method, headers: callHeaders(token) })
    const [got, head] = [await ask('GET'), await ask('HEAD')]
    expect(got.headers['content-length']).toBe(String(got.body.length))
    expect([head.status, head.body.length]).toEqual([200, 0])
    for (const name of ['content-type', 'content-length']) expect(head.headers[name]).toBe(got.headers[name])
  })

  it('OPTIONS that is no CORS preflight goes upstream', async () => {
    world.upstream.answer('/options', status(204, { allow: 'GET, HEAD' }))
    const answer = await call('/options', { method: 'OPTIONS' })
    expect([world.upstream.only().method, answer.status, answer.headers.allow]).toEqual(['OPTIONS', 204, 'GET, HEAD'])
  })

  it('TRACE is refused', async () => {
    expect(refusalOf(await call('/x', { method: 'TRACE' }))).toEqual({
      status: 405,
      code: 'method_not_allowed',
      marked: 'method_not_allowed',
    })
    expect(world.upstream.requests).toEqual([])
  })
})

describe('the target in the path', () => {
  const target = '/fi?q=~~~???\u00e9' // its encoding has a plus, a slash and an equals sign
  const standard = Buffer.from(target).toString('base64')
  const url = Buffer.from(target).toString('base64url')

  it.each([
    ['standard base64, percent-encoded', encodeURIComponent(standard)],
    ['base64url without padding', url],
    ['base64url with raw padding', `${url}${'='.repeat((4 - (url.length % 4)) % 4)}`],
  ])('is read from %s', async (_, segment) => {
    const encoded = proxyUrl(world, target).replace(/proxy\/[^?]+/, `proxy/${segment}`)
    const answer = await rawRequest(encoded, { headers: callHeaders(token) })
    expect(answer.status).toBe(200)
    expect(world.upstream.only().url).toBe('/fi?q=~~~???%C3%A9')
  })

  it.each([
    ['no base64', '!!!!'],
    ['a length that cannot be', 'abcde'],
    ['stray bits in the tail', 'L3h'],
    ['bytes that are not UTF-8', Buffer.from([0x2f, 0xff, 0xfe]).toString('base64url')],
    ['a control character', Buffer.from('/a\nb').toString('base64url')],
  ])('is refused when it is %s', async (_, segment) => {
    const encoded = proxyUrl(world, '/').replace(/proxy\/[^?]+/, `proxy/${segment}`)
    const answer = await rawRequest(encoded, { headers: callHeaders(token) })
    expect(refusalOf(answer)).toEqual({ status: 400, code: 'invalid_url', marked: 'invalid_url' })
    expect(world.upstream.requests).toEqual([])
  })

  it('finds the project behind a doubled slash from the token', async () => {
    const doubled = proxyUrl(world, '/doubled').replace(/connect\/[^/]+\//, 'connect//')
    expect((await rawRequest(doubled, { headers: callHeaders(token) })).status).toBe(200)
    expect(world.upstream.only().values('x-api-key')).toEqual([secrets.acmeKey])
  })
})

it('shows no secret in the logs of all that', () => {
  for (const secret of [...Object.values(secrets), token]) expect(world.server.logs()).not.toContain(secret)
})
