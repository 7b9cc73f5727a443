import { Readable } from 'node:stream'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { acme, type NangoWorld, startNangoWorld } from './world.js'

let world: NangoWorld

beforeAll(async () => {
  world = await startNangoWorld()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

const everyByte = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index % 256))

const bodies: readonly (readonly [name: string, type: string, body: string | Buffer])[] = [
  ['JSON with big integers', 'application/json', '{"id": 12345678901234567890, "n": 1.10e400}'],
  ['JSON with odd spacing', 'application/json; charset=utf-8', ' {\n\t"a" :1 ,"b":[ ]} \n'],
  ['JSON with duplicate keys', 'application/json', '{"a":1,"a":2,"\\u00e9":"é"}'],
  ['a JSON text', 'application/json', '"str"'],
  ['JSON null', 'application/json', 'null'],
  ['JSON that is none', 'application/json', '{"open": [1,'],
  ['text', 'text/plain; charset=iso-8859-1', 'hello'],
  ['XML', 'text/xml', '<?xml version="1.0"?><a b="c"/>'],
  ['a JPEG', 'image/jpeg', everyByte],
  ['a form with its own escapes', 'application/x-www-form-urlencoded', 'a=1&a=2&b=%7e+%7E&c'],
  ['a type that nobody knows', 'application/vnd.acme.thing+v2;level=1', 'anything'],
]

describe('a body through the official client, its type under a key in', () => {
  it.each(
    bodies.flatMap(([name, type, body]) =>
      ['Content-Type', 'content-type', 'CONTENT-TYPE'].map((key) => [key, name, type, body] as const),
    ),
  )('%s: %s', async (key, _name, type, body) => {
    // A text would be taken for a value to encode where the client sees that the type is JSON; bytes never are.
    const data = Buffer.isBuffer(body) ? body : Buffer.from(body)
    await world.client().post({ ...acme, endpoint: '/bytes', data, headers: { [key]: type } })

    const seen = world.upstream.only()
    expect(seen.body.equals(data)).toBe(true)
    expect(seen.values('content-type')).toEqual([type])
    expect(seen.values('content-length')).toEqual([String(data.length)])
  })

  it('a text under a lower-case key', async () => {
    for (const data of ['{"id": 12345678901234567890}', '"str"', 'null']) {
      await world.client().post({ ...acme, endpoint: '/bytes', data, headers: { 'content-type': 'application/json' } })
      expect(world.upstream.only().body.toString()).toBe(data)
      expect(world.upstream.only().values('content-type')).toEqual(['application/json'])
      world.upstream.forget()
    }
  })

  it('a form of URLSearchParams', async () => {
    await world.client().post({
      ...acme,
      endpoint: '/form',
      data: new URLSearchParams([
        ['a', '1 2'],
        ['a', 'é'],
      ]),
    })
    expect(world.upstream.only().body.toString()).toBe('a=1+2&a=%C3%A9')
    expect(world.upstream.only().values('content-type')).toEqual(['application/x-www-form-urlencoded;charset=utf-8'])
  })

  it.each([
    ['no key at all', undefined],
    ['Content-Type', 'multipart/form-data'],
    ['content-type', 'multipart/form-data'],
  ])('a multipart form with files and repeated names, its type under %s', async (key, type) => {
    const data = new FormData()
    data.append('title', 'wörld')
    data.append('file', new Blob([everyByte], { type: 'image/png' }), 'every byte.png')
    data.append('file', new Blob(['second']), 'second.txt')
    const headers: Record<string, string> = type === undefined ? {} : { [key]: type }
    await world.client().post({ ...acme, endpoint: '/upload', data, headers })

    const seen = world.upstream.only()
    const [sentType = ''] = seen.values('content-type')
    expect(seen.values('content-type')).toHaveLength(1)
    const read = await new Response(new Uint8Array(seen.body), { headers: { 'content-type': sentType } }).formData()
    expect(read.get('title')).toBe('wörld')
    const files = read.getAll('file') as File[]
    expect(files.map(({ name }) => name)).toEqual(['every byte.png', 'second.txt'])
    expect(Buffer.from(await (files[0] as File).arrayBuffer()).equals(everyByte)).toBe(true)
    expect(await files[1]?.text()).toBe('second')
  })

  it('a stream of unknown length', async () => {
    const data = Readable.from([Buffer.from('one,'), everyByte, Buffer.from('two')])
    await world.client().put({ ...acme, endpoint: '/stream', data, headers: { 'content-type': 'text/csv' } })
    const seen = world.upstream.only()
    expect(seen.body.equals(Buffer.concat([Buffer.from('one,'), everyByte, Buffer.from('two')]))).toBe(true)
    expect([seen.values('transfer-encoding'), seen.values('content-type')]).toEqual([['chunked'], ['text/csv']])
  })
})

describe('a body without the client', () => {
  it.each(bodies)('%s arrives byte for byte under its outer type', async (_name, type, body) => {
    await world.raw('/proxy/bytes', { method: 'PATCH', headers: { 'content-type': type }, body })
    const seen = world.upstream.only()
    expect(seen.body.equals(Buffer.from(body))).toBe(true)
    expect(seen.values('content-type')).toEqual([type])
  })

  it('goes by the prefixed type where there are both', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'nango-proxy-content-type': 'text/xml' }
    await world.raw('/proxy/bytes', { method: 'POST', headers, body: '<a/>' })
    expect(world.upstream.only().values('content-type')).toEqual(['text/xml'])
  })

  it('has no type when there is none', async () => {
    const types = { 'content-type': 'application/json', 'nango-proxy-content-type': 'text/xml' }
    for (const [method, length] of [
      ['GET', {}],
      ['POST', { 'content-length': '0' }],
      ['PROPFIND', { 'content-length': '0' }],
    ] as const) {
      await world.raw('/proxy/none', { method, headers: { ...types, ...length } })
      expect(world.upstream.only().values('content-type')).toEqual([])
      world.upstream.forget()
    }
  })

  it('of a multipart form arrives with the boundary of its outer type', async () => {
    const encoded = new Response(
      (() => {
        const fields = new FormData()
        fields.append('a', '1')
        fields.append('a', new Blob([everyByte]), 'x.bin')
        return fields
      })(),
    )
    const body = Buffer.from(await encoded.clone().arrayBuffer())
    const type = encoded.headers.get('content-type') ?? ''
    const headers = { 'content-type': type, 'nango-proxy-content-type': 'multipart/form-data' }
    await world.raw('/proxy/upload', { method: 'POST', headers, body })
    expect(world.upstream.only().values('content-type')).toEqual([type])
    expect(world.upstream.only().body.equals(body)).toBe(true)
  })
})
