import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { appWith, faultsOf, injectInto, refusalOf, type TestRequest } from '../../testing/auth.js'
import { setJsonMember } from './body-json.js'

const app = appWith([{ kind: 'body', name: 'api_key', value: '{{custom_fields.api_key}}' }])
const formApp = appWith([{ kind: 'body', name: 'api_key', value: '{{custom_fields.api_key}}', type: 'form' }])

function send(contentType: string, body: string | Buffer, request: TestRequest = {}) {
  const headers = contentType === '' ? [] : ['content-type', contentType]
  const { body: sent } = injectInto(app, {
    method: 'POST',
    headers,
    body,
    customFields: { api_key: 'k"1&é' },
    ...request,
  })
  return sent?.toString('utf8')
}

const json = (body: string | Buffer) => send('application/json', body)
const member = '"api_key":"k\\"1&é"'

describe('a credential in a JSON body', () => {
  it.each([
    ['{"a":1}', `{"a":1,${member}}`],
    ['{}', `{${member}}`],
    [' {\n} ', ` {${member}\n} `],
    [
      '{ "big" : 12345678901234567890.10 , "s":"\\u0041}" }\n',
      `{ "big" : 12345678901234567890.10 , "s":"\\u0041}",${member} }\n`,
    ],
    ['{"a":{"api_key":"inner"},"b":["}",{"c":"\\""}]}', `{"a":{"api_key":"inner"},"b":["}",{"c":"\\""}],${member}}`],
    ['{"api_key":"theirs","a":1}', `{${member},"a":1}`],
    ['{"a":1,"api_key" : {"x":[1]} }', '{"a":1,"api_key" : "k\\"1&é" }'],
    ['{"api_key":1,"a":2,"api_key":3,"b":4,"api_key":5}', `{${member},"a":2,"b":4}`],
    ['{"\\u0061pi_key":1}', '{"\\u0061pi_key":"k\\"1&é"}'],
  ])('%s', (body, expected) => {
    expect(json(body)).toBe(expected)
  })

  it('keeps every other byte, and one member of the name', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, 2), (value, indent) => {
        const set = setJsonMember(Buffer.from(JSON.stringify(value, undefined, indent)), 'api_key', 'mine')
        expect(JSON.parse(String(set))).toEqual({ ...JSON.parse(JSON.stringify(value)), api_key: 'mine' })
      }),
    )
  })

  it('takes the place of a member that is repeated a hundred thousand times', () => {
    const many = (text: string) => Array(100_000).fill(text).join(',')
    expect(json(`{${many('"api_key":1,"a":2')}}`)).toBe(`{${member},${many('"a":2')}}`)
  })

  it('leaves bytes that are no UTF-8 as they are', () => {
    const body = Buffer.from('{"a":"\xff\xfe"}', 'latin1')
    const { body: sent } = injectInto(app, {
      method: 'POST',
      headers: ['content-type', 'application/json'],
      body,
      customFields: { api_key: 'k' },
    })
    expect(sent?.toString('latin1')).toBe('{"a":"\xff\xfe","api_key":"k"}')
  })

  it.each([
    '[1]',
    '"text"',
    'null',
    '{"a":1',
    '{"a":1}}',
    '{a:1}',
    '\ufeff{}',
    `${'['.repeat(5000)}`,
    `{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`,
  ])('%.20s is refused', (body) => {
    expect(refusalOf(() => json(body))).toMatch(/^invalid_request .*application\/json/)
  })

  it.each(['application/vnd.api+json', 'Application/JSON; charset=utf-8', 'text/json'])('%s counts as JSON', (type) => {
    expect(send(type, '{}')).toBe(`{${member}}`)
  })
})

describe('a credential in a form', () => {
  it.each([
    ['a=1', 'a=1&api_key=k%221%26%C3%A9'],
    ['a=%zz&b+c=\u00e9', 'a=%zz&b+c=\u00e9&api_key=k%221%26%C3%A9'],
    ['api_key=theirs&a=1&api%5Fkey=again', 'a=1&api_key=k%221%26%C3%A9'],
    ['&', '&api_key=k%221%26%C3%A9'],
    ['API_KEY=other', 'API_KEY=other&api_key=k%221%26%C3%A9'],
  ])('%s', (body, expected) => {
    expect(send('application/x-www-form-urlencoded; charset=utf-8', body)).toBe(expected)
  })
})

describe('a credential in multipart data', () => {
  const type = 'multipart/form-data; boundary="-- b'
  const part = (name: string, content: string) =>
    `----b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`
  const own = part('api_key', 'k"1&é')

  it.each([
    ['one part', `${part('a', '1')}----b--\r\n`, `${part('a', '1')}${own}----b--\r\n`],
    [
      'a preamble and an epilogue',
      `hello\r\n${part('a', '1')}----b--\r\nbye`,
      `hello\r\n${part('a', '1')}${own}----b--\r\nbye`,
    ],
    ['no part at all', '----b--', `${own}----b--`],
    ['a part of the name', `${part('api_key', 'x')}${part('a', '1')}----b--`, `${part('a', '1')}${own}----b--`],
    ['content that looks like a boundary', `${part('a', 'x----b--')}----b--`, `${part('a', 'x----b--')}${own}----b--`],
    [
      'another name without quotes',
      `----b\r\ncontent-disposition: form-data; name=api_key\r\n\r\nx\r\n----b--`,
      `${own}----b--`,
    ],
  ])('%s', (_, body, expected) => {
    expect(send('multipart/form-data; boundary=--b', body)).toBe(expected)
  })

  it('leaves a file as it is', () => {
    const file = Buffer.concat([
      Buffer.from('----b\r\nContent-Disposition: form-data; name="f"; filename="api_key"\r\n\r\n'),
      Buffer.from([0, 255, 13, 10, 45, 45]),
      Buffer.from('\r\n----b--\r\n'),
    ])
    const { body } = injectInto(app, {
      method: 'PUT',
      headers: ['content-type', 'multipart/form-data; boundary="--b"'],
      body: file,
      customFields: { api_key: 'k' },
    })
    expect(body?.subarray(0, file.length - 9).equals(file.subarray(0, file.length - 9))).toBe(true)
    expect(body?.toString('latin1')).toContain('name="api_key"\r\n\r\nk\r\n----b--\r\n')
  })

  it.each([
    ['no boundary', 'multipart/form-data', '----b--'],
    ['a broken boundary', type, '----b--'],
    ['another boundary', 'multipart/form-data; boundary=--c', '----b--'],
    ['no end', 'multipart/form-data; boundary=--b', part('a', '1')],
    ['a boundary that the credential holds', 'multipart/form-data; boundary=k', `--k--`],
  ])('%s is refused', (name, contentType, body) => {
    const customFields = name.includes('credential') ? { api_key: 'a--k' } : { api_key: 'k' }
    expect(refusalOf(() => send(contentType, body, { customFields }))).toMatch(
      /^invalid_request .*multipart\/form-data/,
    )
  })
})

describe('a body of another kind', () => {
  it('is refused by its name, and so is one without a type', () => {
    expect(refusalOf(() => send('text/xml', '<a/>'))).toMatch(/^invalid_request .*content type text\/xml/)
    expect(refusalOf(() => send('', '{}'))).toMatch(/^invalid_request .*no content type/)
  })

  it('is refused when it is encoded, and taken with the encoding that is none', () => {
    const headers = (encoding: string) => ['content-type', 'application/json', 'content-encoding', encoding]
    expect(refusalOf(() => json('{}'))).toBe('not refused')
    expect(refusalOf(() => send('', '{}', { headers: headers('gzip') }))).toMatch(/^invalid_request .*encoded/)
    expect(send('', '{}', { headers: headers('identity') })).toBe(`{${member}}`)
  })
})

describe('a call without a body', () => {
  const customFields = { api_key: 'k 1' }

  it('gets one of the app’s type', () => {
    expect(injectInto(app, { method: 'POST', customFields })).toEqual({
      headers: ['content-type', 'application/json'],
      body: Buffer.from('{"api_key":"k 1"}'),
    })
    expect(injectInto(formApp, { method: 'DELETE', customFields, body: '' })).toEqual({
      headers: ['content-type', 'application/x-www-form-urlencoded'],
      body: Buffer.from('api_key=k%201'),
    })
  })

  it('stays without one when it is a GET', () => {
    expect(injectInto(app, { customFields })).toEqual({})
  })
})

it('adds up over several entries', () => {
  const two = appWith([
    { kind: 'body', name: 'user', value: '{{custom_fields.username}}' },
    { kind: 'body', name: 'pass', value: '{{custom_fields.password}}' },
  ])
  expect(two.auth.map(({ kind }) => kind)).toEqual(['body', 'body'])
})

it.each([
  [{}, 'auth[0].name is required'],
  [{ name: 'a', value: 'b', typ: 'json' }, 'auth[0].typ is not a setting of this kind'],
  [{ name: 'a"b', value: 'b' }, 'auth[0].name must be printable ASCII'],
  [{ name: 'a' }, 'auth[0].value is required'],
  [{ name: 'a', value: 'b', type: 'xml' }, 'auth[0].type must be one of json, form'],
])('%j is a fault', (settings, fault) => {
  expect(faultsOf({ kind: 'body', ...settings })).toEqual([expect.stringContaining(fault)])
})
