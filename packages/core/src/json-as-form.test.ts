import { describe, expect, it } from 'vitest'
import { asksForForm, encodeJsonAsForm } from './json-as-form.js'
import type { ProxyCall } from './ports/dialect.js'

function encode(json: string): string {
  return encodeJsonAsForm(Buffer.from(json)).toString()
}

function call(contentType: string | undefined, headers: readonly string[]): ProxyCall {
  return {
    kind: 'proxy',
    bearer: undefined,
    method: 'POST',
    project: undefined,
    environment: undefined,
    account: { by: 'user', externalUserId: undefined },
    target: '/',
    query: '',
    baseUrl: undefined,
    headers,
    contentType,
    rateLimitToken: undefined,
    retries: undefined,
    origin: undefined,
    answerHeaders: [],
  }
}

describe('a JSON body as a form', () => {
  it.each([
    ['{"text":"hello, world","channel":"C03"}', 'text=hello%2C+world&channel=C03'],
    ['{"n":1.5,"b":false,"none":null,"empty":""}', 'n=1.5&b=false&empty='],
    ['{"tag":["a","b",3]}', 'tag=a&tag=b&tag=3'],
    ['{"a&b":"ü=1"}', 'a%26b=%C3%BC%3D1'],
    ['{"__proto__":"own"}', '__proto__=own'],
    ['{}', ''],
  ])('writes %s as %s', (json, form) => expect(encode(json)).toBe(form))

  it.each(['[1,2]', '"text"', 'null', '{"open":', 'a=1&b=2', ''])('leaves %j as it is', (body) =>
    expect(encode(body)).toBe(body),
  )

  it.each(['{"a":{"b":1}}', '{"a":[[1]]}', '{"id":12345678901234567890}'])('refuses %s', (json) =>
    expect(() => encode(json)).toThrow(expect.objectContaining({ code: 'invalid_request' })),
  )
})

describe('asking for a form', () => {
  it.each([
    ['application/json', ['content-type', 'application/x-www-form-urlencoded'], true],
    [
      'application/json; charset=utf-8',
      ['x', 'y', 'content-type', 'Application/X-WWW-Form-Urlencoded;charset=utf-8'],
      true,
    ],
    ['application/json', [], false],
    ['application/json', ['content-type', 'application/json'], false],
    ['application/x-www-form-urlencoded', ['content-type', 'application/x-www-form-urlencoded'], false],
    [undefined, ['content-type', 'application/x-www-form-urlencoded'], false],
  ])('with the type %j and the headers %j: %s', (contentType, headers, asks) =>
    expect(asksForForm(call(contentType, headers))).toBe(asks),
  )
})
