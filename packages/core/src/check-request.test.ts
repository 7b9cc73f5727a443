import { describe, expect, it } from 'vitest'
import { checkRequest, defaultHeadLimits, type RequestHead } from './check-request.js'
import { ProxyError } from './errors.js'

const plain: RequestHead = { method: 'POST', target: '/v1/x?y=1', httpVersion: '1.1', rawHeaders: ['Host', 'h'] }

function check(head: Partial<RequestHead>, moreHeaders: readonly string[] = []): unknown {
  try {
    const rawHeaders = [...(head.rawHeaders ?? plain.rawHeaders), ...moreHeaders]
    return checkRequest({ ...plain, ...head, rawHeaders }, defaultHeadLimits)
  } catch (error) {
    return error instanceof ProxyError ? error.code : error
  }
}

const without = { hasBody: false, length: 0 }

describe('a request target', () => {
  it.each([
    ['/', without],
    ['/v1/connect//proxy/aGk', without],
    ['/a?b=//c', without],
    [`/${'a'.repeat(16 * 1024 - 1)}`, without],
    [`/${'a'.repeat(16 * 1024)}`, 'uri_too_long'],
    ['//host/path', 'invalid_request'],
    ['http://h/path', 'invalid_request'],
    ['https://other/', 'invalid_request'],
    ['*', 'invalid_request'],
    ['', 'invalid_request'],
    ['path', 'invalid_request'],
    ['\\path', 'invalid_request'],
    ['/path#part', 'invalid_request'],
  ])('%.40s gives %j', (target, expected) => {
    expect(check({ target })).toEqual(expected)
  })
})

describe('a method', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'QUERY'])('%s passes', (method) => {
    expect(check({ method })).toEqual(without)
  })

  it.each(['TRACE', 'TRACK', 'CONNECT'])('%s is not allowed', (method) => {
    expect(check({ method })).toBe('method_not_allowed')
  })
})

describe('header fields', () => {
  it.each([
    ['one Authorization', ['Authorization', 'a'], without],
    ['two, in different case', ['Authorization', 'a', 'AUTHORIZATION', 'a'], 'invalid_request'],
    ['one environment', ['x-pd-environment', 'production'], without],
    ['two environments', ['x-pd-environment', 'production', 'X-PD-Environment', 'production'], 'invalid_request'],
    ['a second Host', ['host', 'h'], 'invalid_request'],
    ['two of any other', ['accept', 'a', 'accept', 'b'], without],
    ['a length', ['Content-Length', '7'], { hasBody: true, length: 7 }],
    ['a length of zero', ['Content-Length', '0'], without],
    ['two equal lengths', ['Content-Length', '7', 'content-length', '7'], 'invalid_request'],
    ['a signed length', ['Content-Length', '+7'], 'invalid_request'],
    ['a list of lengths', ['Content-Length', '7, 7'], 'invalid_request'],
    ['chunks', ['Transfer-Encoding', 'chunked'], { hasBody: true, length: undefined }],
    ['chunks spelled otherwise', ['Transfer-Encoding', 'Chunked'], 'invalid_request'],
    ['chunks twice', ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], 'invalid_request'],
    ['another coding before chunks', ['Transfer-Encoding', 'gzip, chunked'], 'invalid_request'],
    ['a coding of nothing', ['Transfer-Encoding', ''], 'invalid_request'],
    ['identity', ['Transfer-Encoding', 'identity'], 'invalid_request'],
    ['chunks and a length', ['Transfer-Encoding', 'chunked', 'Content-Length', '7'], 'invalid_request'],
    ['a length and chunks', ['Content-Length', '0', 'Transfer-Encoding', 'chunked'], 'invalid_request'],
  ])('%s', (_name, headers, expected) => {
    expect(check({}, headers)).toEqual(expected)
  })

  it('may be as many as the limit says', () => {
    const fill = (count: number): string[] => Array.from({ length: count }, () => ['a', 'b']).flat()
    expect(check({}, fill(127))).toEqual(without)
    expect(check({}, fill(128))).toBe('headers_too_large')
  })

  it('may be as long as the limit says', () => {
    expect(check({}, ['a', 'b'.repeat(30_000)])).toEqual(without)
    expect(check({}, ['a', 'b'.repeat(33_000)])).toBe('headers_too_large')
  })
})

describe('a host', () => {
  it.each(['h', 'h.example:8443', '127.0.0.1', '[::1]:80', 'h:'])('%s passes', (host) => {
    expect(check({ rawHeaders: ['Host', host] })).toEqual(without)
  })

  it.each(['', 'h/path', 'user@h', 'h, other', 'h:80:80', 'h:x', 'a b'])('"%s" is refused', (host) => {
    expect(check({ rawHeaders: ['Host', host] })).toBe('invalid_request')
  })

  it('may be missing in HTTP/1.0 alone', () => {
    expect(check({ rawHeaders: [], httpVersion: '1.0' })).toEqual(without)
    expect(check({ rawHeaders: [] })).toBe('invalid_request')
  })
})

describe('a version', () => {
  it('is 1.0 or 1.1', () => {
    expect(check({ httpVersion: '1.0' })).toEqual(without)
    expect(check({ httpVersion: '0.9' })).toBe('invalid_request')
    expect(check({ httpVersion: '2.0' })).toBe('invalid_request')
  })

  it('of 1.0 has no transfer coding', () => {
    expect(check({ httpVersion: '1.0' }, ['Transfer-Encoding', 'chunked'])).toBe('invalid_request')
  })
})
