import { startUpstream, type Upstream } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FrontKind, frontKinds, makeEvent } from './fronts/make-event.js'
import { type RunningFunction, startFunction } from './function/start-function.js'
import { callHeaders, callPath, configuration } from './world.js'

let upstream: Upstream
let running: RunningFunction

beforeAll(async () => {
  upstream = await startUpstream()
  running = await startFunction({
    handler: 'index.handler',
    environment: { PROXY_CONFIG_TEXT: JSON.stringify(configuration(upstream.port)) },
  })
  return async () => {
    await running.stop()
    await upstream.stop()
  }
})

afterEach(() => upstream.forget())

type Event = Record<string, unknown>

/** A proxied call that works, as an event. */
function sound(kind: FrontKind, headers: Readonly<Record<string, string>> = callHeaders, body = ''): Event {
  const [path = '', query = ''] = callPath('/x').split('?')
  return makeEvent(kind, {
    method: 'POST',
    path,
    query,
    headers: ['host', 'h', 'content-type', 'text/plain', ...Object.entries(headers).flat()],
    body: Buffer.from(body),
    sourceIp: '192.0.2.1',
  })
}

/** Status and code of the answer, and how many requests went upstream. */
async function verdict(event: unknown): Promise<unknown> {
  const invoked = await running.invoke(event)
  if (invoked.kind !== 'buffered') throw new Error(`The function failed: ${JSON.stringify(invoked)}`)
  const { statusCode, body } = JSON.parse(invoked.payload.toString()) as { statusCode: number; body: string }
  return [statusCode, (JSON.parse(body) as { code?: string }).code, upstream.requests.length]
}

/** In both maps, where there are two. */
function withHeader(event: Event, value: string): Event {
  return {
    ...event,
    ...(event.headers !== undefined && { headers: { ...(event.headers as Event), x: value } }),
    ...(event.multiValueHeaders !== undefined && {
      multiValueHeaders: { ...(event.multiValueHeaders as Event), x: [value] },
    }),
  }
}

const served = [200, undefined, 1]
const refused = [400, 'invalid_request', 0]
const unknownCaller = [401, 'invalid_token', 0]

describe.each(frontKinds)('an event of %s', (kind) => {
  const mapName = kind === 'rest-api' || kind === 'balancer-multi' ? 'multiValueHeaders' : 'headers'
  const asValue = (text: string): unknown => (mapName === 'headers' ? text : [text])

  it('is served when it is sound', async () => {
    expect(await verdict(sound(kind))).toEqual(served)
  })

  it.each([
    [
      'an authorizer that names a user',
      { authorizer: { principalId: 'admin', claims: { sub: 'admin' }, lambda: { token: 'x' } } },
    ],
    ['an identity with keys', { identity: { accessKey: 'x', userArn: 'arn:aws:iam::1:root', sourceIp: '127.0.0.1' } }],
    [
      'IAM as its caller',
      { authentication: { clientCert: {} }, authorizer: { iam: { accountId: '1', userId: 'root' } } },
    ],
  ])('without a token is nobody, whatever is said by %s', async (_name, forged) => {
    const event = sound(kind, { 'x-pd-environment': 'development' })
    const context = event.requestContext as Event
    expect(await verdict({ ...event, requestContext: { ...context, ...forged } })).toEqual(unknownCaller)
  })

  it('with a token is served as before, whatever an authorizer says', async () => {
    const event = sound(kind)
    const context = event.requestContext as Event
    const forged = { ...event, requestContext: { ...context, authorizer: { principalId: 'other' } } }
    expect(await verdict(forged)).toEqual(served)
  })

  it('is refused with a flag of base64 over a text', async () => {
    expect(
      await verdict({ ...sound(kind, callHeaders, 'plain text!'), body: 'plain text!', isBase64Encoded: true }),
    ).toEqual(refused)
  })

  it('is refused where a body is no longer what was declared', async () => {
    const event = sound(kind, { ...callHeaders, 'content-length': '11' }, 'plain text!')
    expect(await verdict(event)).toEqual(served)
    upstream.forget()
    const asText = { ...event, body: Buffer.from('plain text!').toString('base64'), isBase64Encoded: false }
    expect(await verdict(asText)).toEqual(refused)
  })

  it.each([
    ['no headers', (event: Event) => ({ ...event, headers: undefined, multiValueHeaders: undefined })],
    ['headers that are a list', (event: Event) => ({ ...event, [mapName]: [] as unknown })],
    ['a header that is a number', (event: Event) => ({ ...event, [mapName]: { ...(event[mapName] as Event), x: 1 } })],
    [
      'a header with a line break',
      (event: Event) => ({
        ...event,
        [mapName]: { ...(event[mapName] as Event), x: asValue('a\r\nauthorization: b') },
      }),
    ],
    [
      'two spellings of Authorization',
      (event: Event) => ({
        ...event,
        [mapName]: { ...(event[mapName] as Event), AUTHORIZATION: asValue('Bearer other') },
      }),
    ],
    ['a body that is an object', (event: Event) => ({ ...event, body: { a: 1 } })],
    ['a path of two slashes', (event: Event) => ({ ...event, rawPath: '//evil.example/x', path: '//evil.example/x' })],
    [
      'a path that is a URL',
      (event: Event) => ({ ...event, rawPath: 'https://evil.example/x', path: 'https://evil.example/x' }),
    ],
    [
      'a path with a line break',
      (event: Event) => ({ ...event, rawPath: '/x\r\nhost: evil', path: '/x\r\nhost: evil' }),
    ],
  ])('with %s is refused or not found, and nothing goes upstream', async (_name, forge) => {
    const [status, , calls] = (await verdict(forge(sound(kind)))) as [number, string, number]
    expect([400, 404]).toContain(status)
    expect(calls).toBe(0)
  })

  it.each([
    ['a header of 100 kB', 431, (event: Event) => withHeader(event, 'a'.repeat(100_000))],
    [
      'a path of 100 kB',
      414,
      (event: Event) => ({ ...event, rawPath: `/${'a'.repeat(100_000)}`, path: `/${'a'.repeat(100_000)}` }),
    ],
  ])('with %s is refused with %i', async (_name, status, forge) => {
    expect(((await verdict(forge(sound(kind)))) as [number])[0]).toBe(status)
    expect(upstream.requests).toEqual([])
  })
})

describe('maps that contradict each other', () => {
  it.each([
    ['a credential in one alone', { Authorization: 'Bearer other' }],
    ['another credential', { authorization: 'Bearer other' }],
    ['another environment', { 'x-pd-environment': 'production' }],
  ])('are refused: %s', async (_name, over) => {
    const event = sound('rest-api')
    const headers = { ...(event.headers as Event), ...over }
    expect(await verdict({ ...event, headers })).toEqual(refused)
  })

  it('are refused for queries, too', async () => {
    const event = sound('rest-api')
    expect(
      await verdict({ ...event, queryStringParameters: { account_id: 'apn_other', external_user_id: 'user-1' } }),
    ).toEqual(refused)
  })
})

describe('a second spelling of the path', () => {
  it.each(['function-url', 'http-api'] as const)('is ignored in an event of %s', async (kind) => {
    const event = sound(kind)
    const context = event.requestContext as { http: Event }
    const forged = { ...event, requestContext: { ...context, http: { ...context.http, path: '/v1/oauth/token' } } }
    expect(await verdict(forged)).toEqual(served)
  })

  it('is ignored in an event of rest-api', async () => {
    const event = sound('rest-api')
    const context = event.requestContext as Event
    const forged = { ...event, pathParameters: { proxy: 'other' }, requestContext: { ...context, path: '/prod/other' } }
    expect(await verdict(forged)).toEqual(served)
  })
})

describe('an event of no front', () => {
  it.each([
    ['null', null],
    ['a text', 'event'],
    ['a list', []],
    ['an empty object', {}],
    ['a scheduled event', { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }],
    ['a queue', { Records: [{ eventSource: 'aws:sqs', body: '{}' }] }],
    ['a front without its request', { version: '2.0', requestContext: { http: 'GET' } }],
  ])('is answered 400: %s', async (_name, event) => {
    expect(await verdict(event)).toEqual(refused)
  })
})
