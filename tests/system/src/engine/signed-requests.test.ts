import { createHash, createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import type { AppDefinition, AuthEntry } from '@proxy/core'
import { type RecordedRequest, startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from './start-engine.js'

const held = 64 * 1024
let api: Upstream
let engine: Engine

const hmac: AuthEntry = {
  kind: 'hmac',
  key: '{{custom_fields.secret}}',
  string:
    '{{request.method}} {{request.path_and_query}} {{request.headers.x-key}} {{request.headers.content-type}}\n{{request.body}}',
  name: 'x-signature',
}

/** Signing entries stand first on purpose: they have to come last all the same. */
const entries: Readonly<Record<string, readonly AuthEntry[]>> = {
  hmac: [
    hmac,
    { kind: 'header', name: 'x-key', value: 'k1' },
    { kind: 'query', name: 'client', value: 'c 1' },
    { kind: 'body', name: 'api_key', value: '{{custom_fields.secret}}' },
    { kind: 'path', prefix: '/tenant' },
  ],
  s3: [{ kind: 'aws-sigv4', access_key_id: 'AK', secret_access_key: 'sk', service: 's3', region: 'us-east-1' }],
  sqs: [{ kind: 'aws-sigv4', access_key_id: 'AK', secret_access_key: 'sk', service: 'sqs', region: 'us-east-1' }],
  oauth1: [{ kind: 'oauth1', consumer_key: 'ck', consumer_secret: 'cs', token: 'at', token_secret: 'ts' }],
}

beforeAll(async () => {
  api = await startUpstream()
  const apps = Object.entries(entries).map(
    ([name_slug, auth]): AppDefinition => ({
      name_slug,
      name: name_slug,
      auth_type: 'keys',
      custom_fields: [{ name: 'secret', type: 'password' }],
      connect: { base_proxy_target_url: `http://127.0.0.1:${api.port}` },
      auth,
    }),
  )
  engine = await startEngine({
    apps,
    accounts: apps.map(({ name_slug }) => ({ id: `apn_${name_slug}`, app: name_slug, customFields: { secret: 's' } })),
    allowPrivate: [`127.0.0.1:${api.port}`],
    limits: { maxHeldBytes: held },
  })
})

afterAll(async () => {
  await engine.close()
  await api.stop()
})

beforeEach(() => api.forget())

function put(
  app: string,
  body: string | Buffer | Readable,
  headers: readonly string[] = ['content-type', 'application/json'],
) {
  return engine.call({ method: 'PUT', target: '/things?b=2', account: `apn_${app}`, headers, body })
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function* chunks(count: number, bytes: number): Generator<Buffer> {
  for (let index = 0; index < count; index++) yield Buffer.alloc(bytes, index)
}

/** The signature that AWS would compute of what arrived. */
function awsSignature(seen: RecordedRequest, service: string, payloadHash: string): string {
  const authorization = seen.values('authorization')[0] ?? ''
  const names = /SignedHeaders=([^,]*)/.exec(authorization)?.[1] ?? ''
  const date = seen.values('x-amz-date')[0] ?? ''
  const scope = `${date.slice(0, 8)}/us-east-1/${service}/aws4_request`
  const [path = '', query = ''] = seen.url.split('?')
  const lines = names.split(';').map((name) => `${name}:${seen.values(name).join(',')}\n`)
  const canonical = [seen.method, path, query, lines.join(''), names, payloadHash].join('\n')
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(Buffer.from(canonical))}`
  const sign = (key: string | Buffer, part: string) => createHmac('sha256', key).update(part).digest()
  const key = [...scope.split('/')].reduce<string | Buffer>((from, part) => sign(from, part), 'AWS4sk')
  return sign(key, text).toString('hex')
}

describe('a signature', () => {
  it('covers the final bytes of body, path, query and headers', async () => {
    const answer = await put('hmac', '{ "n" : 12345678901234567890 }')
    expect(answer.status).toBe(200)
    const seen = api.only()
    expect(seen.url).toBe('/tenant/things?b=2&client=c%201')
    expect(String(seen.body)).toBe('{ "n" : 12345678901234567890,"api_key":"s" }')
    const signed = `PUT /tenant/things?b=2&client=c%201 k1 application/json\n${seen.body}`
    expect(seen.values('x-signature')).toEqual([createHmac('sha256', 's').update(signed).digest('hex')])
  })

  it('is made of a body that is held, within the bound', async () => {
    const body = Readable.from(chunks(4, held / 4))
    expect((await put('sqs', body)).status).toBe(200)
    const seen = api.only()
    expect(seen.bodyLength).toBe(held)
    expect(seen.values('content-length')).toEqual([String(held)])
    expect(seen.values('authorization')[0]).toContain(`Signature=${awsSignature(seen, 'sqs', seen.bodyDigest)}`)
  })

  it('of a longer body is refused by 413, and nothing arrives', async () => {
    const answer = await put('sqs', Readable.from(chunks(5, held / 4)))
    expect([answer.status, answer.header('x-code')]).toEqual([413, 'payload_too_large'])
    expect(String(answer.body)).toContain(String(held))
    expect(api.requests).toEqual([])
  })

  it('leaves a stream to S3 unsigned, whatever its length', async () => {
    expect((await put('s3', Readable.from(chunks(40, held)))).status).toBe(200)
    const seen = api.only()
    expect(seen.bodyLength).toBe(40 * held)
    expect(seen.values('x-amz-content-sha256')).toEqual(['UNSIGNED-PAYLOAD'])
    expect(seen.values('authorization')[0]).toContain(`Signature=${awsSignature(seen, 's3', 'UNSIGNED-PAYLOAD')}`)
  })

  it('covers a short body to S3', async () => {
    await put('s3', 'hello', ['content-type', 'text/plain', 'x-amz-meta-a', 'b', 'x-amz-content-sha256', 'theirs'])
    const seen = api.only()
    expect(seen.values('x-amz-content-sha256')).toEqual([seen.bodyDigest])
    expect(seen.values('authorization')[0]).toContain(
      'SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-a',
    )
    expect(seen.values('authorization')[0]).toContain(`Signature=${awsSignature(seen, 's3', seen.bodyDigest)}`)
  })

  it('by OAuth 1.0 holds a form and lets other bodies stream', async () => {
    const form = ['content-type', 'application/x-www-form-urlencoded']
    expect((await put('oauth1', Readable.from([Buffer.from('a=1')]), form)).status).toBe(200)
    expect((await put('oauth1', Readable.from(chunks(5, held)), ['content-type', 'video/mp4'])).status).toBe(200)
    const tooLong = await put('oauth1', Readable.from(chunks(5, held)), form)
    expect([tooLong.status, tooLong.header('x-code')]).toEqual([413, 'payload_too_large'])
    expect(api.requests.map(({ bodyLength }) => bodyLength)).toEqual([3, 5 * held])
    for (const seen of api.requests)
      expect(seen.values('authorization')[0]).toMatch(/^OAuth oauth_consumer_key="ck", oauth_token="at"/)
  })
})
