import { ProxyError } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { type Front, frontOf } from './front.js'
import type { JsonRecord } from './json-record.js'
import { readEvent } from './read-event.js'

const http = { method: 'GET', path: '/a', sourceIp: '192.0.2.1' }
const functionUrl = {
  version: '2.0',
  rawPath: '/a',
  rawQueryString: '',
  headers: { host: 'h' },
  requestContext: { domainName: 'x.lambda-url.eu-west-1.on.aws', stage: '$default', http },
  isBase64Encoded: false,
}
const httpApi = {
  ...functionUrl,
  rawPath: '/prod/a',
  requestContext: { domainName: 'x.execute-api.eu-west-1.amazonaws.com', stage: 'prod', http },
}
const restApi = {
  httpMethod: 'GET',
  path: '/a',
  headers: { Host: 'h' },
  multiValueHeaders: { Host: ['h'] },
  queryStringParameters: null,
  multiValueQueryStringParameters: null,
  requestContext: { stage: 'prod', path: '/prod/a', identity: { sourceIp: '192.0.2.1' } },
  body: null,
  isBase64Encoded: false,
}
const balancer = {
  httpMethod: 'GET',
  path: '/a',
  queryStringParameters: {},
  headers: { host: 'h', 'x-forwarded-for': '10.0.0.9, 192.0.2.1' },
  requestContext: { elb: { targetGroupArn: 'arn' } },
  body: '',
  isBase64Encoded: false,
}
const multi = {
  httpMethod: 'GET',
  path: '/a',
  multiValueQueryStringParameters: {},
  multiValueHeaders: { host: ['h'], 'x-forwarded-for': ['192.0.2.1'] },
  requestContext: balancer.requestContext,
  body: '',
  isBase64Encoded: false,
}

const samples: readonly (readonly [Front, JsonRecord])[] = [
  ['function-url', functionUrl],
  ['http-api', httpApi],
  ['rest-api', restApi],
  ['balancer', balancer],
  ['balancer-multi', multi],
]

function read(event: JsonRecord, basePath = '') {
  const front = frontOf(event)
  if (front === undefined) throw new Error('no front')
  const restorePath = (path: string): string => path.replace('/again/b', '/again%2Fb')
  return readEvent(front, event, { basePath, restorePath })
}

/** The code of the refusal, or the request. */
function verdict(event: JsonRecord): unknown {
  try {
    return read(event)
  } catch (error) {
    return error instanceof ProxyError ? error.code : error
  }
}

describe.each(samples)('an event of the front %s', (front, event) => {
  it('is known for what it is', () => {
    expect(frontOf(event)).toBe(front)
  })

  it('is a request', () => {
    expect(read(event)).toMatchObject({ method: 'GET', target: '/a', body: undefined, remoteAddress: '192.0.2.1' })
  })

  it.each([
    ['text', 'wörld', false, Buffer.from('wörld')],
    ['bytes', 'AP8N', true, Buffer.from([0, 255, 13])],
    ['nothing', '', true, undefined],
    ['nothing at all', null, false, undefined],
  ])('has a body of %s', (_name, body, isBase64Encoded, wanted) => {
    expect(read({ ...event, body, isBase64Encoded }).body).toEqual(wanted)
  })

  it.each([
    ['base64 that is none', 'no base64!', true],
    ['base64 with a loose end', 'AP8', true],
    ['a flag that is a text', 'AP8N', 'true'],
    ['a body that is an object', { a: 1 }, false],
  ])('is refused with %s', (_name, body, isBase64Encoded) => {
    expect(verdict({ ...event, body, isBase64Encoded })).toBe('invalid_request')
  })

  it.each([['/ü'], ['/a b'], ['/a\r\nx: y']])('never lets %j into the target as it is', (path) => {
    const given = front === 'function-url' || front === 'http-api' ? { rawPath: path } : { path }
    const seen = verdict({ ...event, ...given })
    if (front === 'http-api') expect((seen as { target: string }).target).toBe(encodeURI(path))
    else expect(seen).toBe('invalid_request')
  })

  it('loses the base path of a custom domain', () => {
    const given = { rawPath: '/base/a', path: '/base/a' }
    const context = event.requestContext as JsonRecord
    const own = {
      ...event,
      ...given,
      requestContext: { ...context, ...(front === 'http-api' && { stage: '$default' }) },
    }
    expect(read(own, '/base').target).toBe('/a')
    expect(read({ ...own, rawPath: '/baseball', path: '/baseball' }, '/base').target).toBe('/baseball')
  })

  it('takes nothing from what an authorizer or a second path says', () => {
    const context = event.requestContext as JsonRecord
    const forged = {
      ...event,
      requestContext: {
        ...context,
        authorizer: { jwt: { claims: { sub: 'admin' } }, lambda: { authorization: 'Bearer forged' } },
        path: '/v1/other',
        ...(context.http !== undefined && { http: { ...http, path: '/v1/other' } }),
      },
      pathParameters: { proxy: 'other' },
    }
    expect(read(forged)).toEqual(read(event))
  })
})

describe('queries', () => {
  it('of payload format 2.0 are taken raw, not from the map that joins', () => {
    const query = { rawQueryString: 'a=1&a=2&b=%20+%2B', queryStringParameters: { a: '1,2', b: '  +' } }
    expect(read({ ...functionUrl, ...query }).target).toBe('/a?a=1&a=2&b=%20+%2B')
    expect(read({ ...httpApi, ...query }).target).toBe('/a?a=1&a=2&b=%20+%2B')
  })

  it('of a REST API are encoded again', () => {
    const query = {
      queryStringParameters: { a: '2', 'b[]': 'x y&z' },
      multiValueQueryStringParameters: { a: ['1', '2'], 'b[]': ['x y&z'] },
    }
    expect(read({ ...restApi, ...query }).target).toBe('/a?a=1&a=2&b%5B%5D=x%20y%26z')
  })

  it('of a balancer are not encoded again', () => {
    expect(read({ ...balancer, queryStringParameters: { a: '%20+' } }).target).toBe('/a?a=%20+')
    expect(read({ ...multi, multiValueQueryStringParameters: { a: ['1', '%2B'] } }).target).toBe('/a?a=1&a=%2B')
  })

  it.each([
    ['another value', { a: '1' }, { a: ['2'] }],
    ['another name', { a: '1' }, { b: ['1'] }],
    ['a name more', { a: '1' }, { a: ['1'], b: ['1'] }],
    ['a number', { a: 1 }, { a: [1] }],
  ])('are refused where one map has %s', (_name, queryStringParameters, multiValueQueryStringParameters) => {
    expect(verdict({ ...restApi, queryStringParameters, multiValueQueryStringParameters })).toBe('invalid_request')
  })
})

describe('headers', () => {
  it('of payload format 2.0 have the cookies among them', () => {
    const { headers } = read({ ...functionUrl, cookies: ['a=1', 'b=2'] })
    expect(headers).toEqual(['host', 'h', 'cookie', 'a=1; b=2'])
  })

  it.each([
    ['Bearer a,Bearer b', ['Bearer a', 'Bearer b']],
    ['Bearer a, basic b', ['Bearer a', 'basic b']],
    ['Bearer a,b', ['Bearer a,b']],
  ])('that were joined to one Authorization of %j are two again', (authorization, wanted) => {
    const { headers } = read({ ...functionUrl, headers: { host: 'h', authorization } })
    expect(headers.filter((_, index) => headers[index - 1] === 'authorization')).toEqual(wanted)
  })

  it('keep every value where the event has them', () => {
    const event = { ...multi, multiValueHeaders: { host: ['h'], 'x-a': ['1', '2'] } }
    expect(read(event).headers).toEqual(['host', 'h', 'x-a', '1', 'x-a', '2'])
  })

  it('are one character for each byte', () => {
    const { headers } = read({ ...functionUrl, headers: { host: 'h', 'x-a': '€' } })
    expect(headers).toContain(Buffer.from('€').toString('latin1'))
  })

  it.each([
    ['a value of its own', { Host: 'h', 'X-A': '2' }, { Host: ['h'], 'X-A': ['1'] }],
    ['a name of its own', { Host: 'h', Authorization: 'Bearer x' }, { Host: ['h'] }],
    ['a name less', { Host: 'h' }, { Host: ['h'], Authorization: ['Bearer x'] }],
    ['a value that is no list', { Host: 'h' }, { Host: 'h' }],
    ['a value that is no text', { Host: 'h', 'X-A': '1' }, { Host: ['h'], 'X-A': [1] }],
  ])('are refused where one of two maps has %s', (_name, headers, multiValueHeaders) => {
    expect(verdict({ ...restApi, headers, multiValueHeaders })).toBe('invalid_request')
  })

  it('may differ in case between two maps', () => {
    expect(read({ ...restApi, headers: { host: 'h' } }).headers).toEqual(['Host', 'h'])
  })

  it.each([
    ['a list', []],
    ['a text', 'host: h'],
    ['a number in it', { host: 1 }],
    ['a name with a line break', { host: 'h', 'x\r\ny': '1' }],
    ['a value with a line break', { host: 'h', x: 'a\r\nauthorization: b' }],
  ])('are refused as %s', (_name, headers) => {
    expect(verdict({ ...functionUrl, headers })).toBe('invalid_request')
  })
})

describe('a path that was decoded', () => {
  it('is encoded again as the host says, and no other is', () => {
    expect(read({ ...httpApi, rawPath: '/prod/again/b' }).target).toBe('/again%2Fb')
    expect(read({ ...functionUrl, rawPath: '/again/b' }).target).toBe('/again/b')
  })
})

describe('the stage', () => {
  it.each([
    ['/prod/v1/x', '/v1/x'],
    ['/prod', '/'],
    ['/product/x', '/product/x'],
  ])('is taken off %s', (rawPath, target) => {
    expect(read({ ...httpApi, rawPath }).target).toBe(target)
  })

  it('stays in paths of fronts that do not put it there', () => {
    expect(read({ ...restApi, path: '/prod/x' }).target).toBe('/prod/x')
  })

  it('is taken off the older payload format of an HTTP API, too', () => {
    expect(read({ ...restApi, version: '1.0', path: '/prod/x y' }).target).toBe('/x%20y')
  })
})

describe('what is no event of a front', () => {
  it.each([
    [null],
    ['text'],
    [[]],
    [{}],
    [{ Records: [] }],
    [{ version: '2.0', requestContext: {} }],
    [{ requestContext: 'x', httpMethod: 'GET', path: '/' }],
    [{ requestContext: {}, httpMethod: 'GET' }],
  ])('is not known: %j', (event) => {
    expect(frontOf(event)).toBeUndefined()
  })

  it.each([
    ['no method', { ...functionUrl, requestContext: { ...functionUrl.requestContext, http: {} } }],
    ['no path', { ...functionUrl, rawPath: undefined }],
    ['a path that is a list', { ...functionUrl, rawPath: ['/'] }],
  ])('is refused with %s', (_name, event) => {
    expect(verdict(event)).toBe('invalid_request')
  })
})
