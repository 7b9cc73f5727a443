import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Nango } from '@nangohq/node'
import { binary, deferred, eventStream, json, startUpstream, type Upstream } from '@proxy/test-support'
import { PipedreamClient } from 'pipedream-sdk-3'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  account,
  apiKey,
  clientSecret,
  configuration,
  type FrontedFunction,
  key,
  project,
  startFronted,
  user,
} from './world.js'

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const acme = { externalUserId: user, accountId: account }
const connection = { providerConfigKey: 'acme', connectionId: 'c1' }

let upstream: Upstream
let fronted: FrontedFunction

beforeAll(async () => {
  upstream = await startUpstream()
  fronted = await startFronted({ kind: 'function-url', streams: true, config: configuration(upstream.port) })
  return async () => {
    await fronted.stop()
    await upstream.stop()
  }
})

afterEach(() => upstream.forget())

function pipedream(): PipedreamClient {
  return new PipedreamClient({
    baseUrl: fronted.url,
    projectId: project,
    projectEnvironment: 'development',
    clientId: 'main',
    clientSecret,
  })
}

/** Hands over the second event only when the first was read. */
function twoEvents() {
  const firstWasRead = deferred()
  async function* events() {
    yield 'one'
    await firstWasRead.promise
    yield 'two'
  }
  return { events: events(), firstWasRead }
}

describe('the official Pipedream client against a streaming Function URL', () => {
  it('gets with the credential exactly once', async () => {
    const answer = await pipedream().proxy.get({
      ...acme,
      url: `http://localhost:${upstream.port}/a%2Fb?q=a%20b&q=>>>`,
    })
    expect(answer).toEqual({ method: 'GET', url: '/a%2Fb?q=a%20b&q=>>>' })
    expect(upstream.only().values('x-api-key')).toEqual([apiKey])
  })

  it.each(['post', 'put', 'patch'] as const)('sends the JSON of a %s', async (method) => {
    upstream.answer('/messages', json({ created: true }))
    const body = { text: 'wörld', nested: [1, 2.5, null] }
    expect(await pipedream().proxy[method]({ ...acme, url: '/messages', body })).toEqual({ created: true })
    expect(JSON.parse(upstream.only().body.toString())).toEqual(body)
  })

  it('reads bytes', async () => {
    upstream.answer('/bytes', binary(everyByte, { 'content-type': 'image/png' }))
    const answer = (await pipedream().proxy.get({ ...acme, url: '/bytes', headers: { accept: 'image/png' } })) as {
      arrayBuffer(): Promise<ArrayBuffer>
    }
    expect(Buffer.from(await answer.arrayBuffer()).equals(everyByte)).toBe(true)
  })

  it('reads events one by one, each before the next is sent', async () => {
    const { events, firstWasRead } = twoEvents()
    upstream.answer('/events', eventStream(events))
    const answer = await pipedream().proxy.get({ ...acme, url: '/events', headers: { accept: 'text/event-stream' } })
    const read: string[] = []
    for await (const chunk of (answer as { stream(): AsyncIterable<Uint8Array> }).stream()) {
      read.push(Buffer.from(chunk).toString())
      firstWasRead.resolve()
    }
    expect(read).toEqual(['data: one\n\n', 'data: two\n\n'])
  })

  it('lists and makes accounts', async () => {
    const client = pipedream()
    const made = await client.accounts.create({
      externalUserId: 'user-2',
      appSlug: 'acme',
      cfmapJson: '{"api_key":"k2"}',
      connectToken: (await client.tokens.create({ externalUserId: 'user-2' })).token,
    })
    const listed = await client.accounts.list({ externalUserId: 'user-2' })
    const ids: (string | undefined)[] = []
    for await (const one of listed) ids.push(one.id)
    expect(ids).toEqual([made.id])
  })

  it('throws what the proxy refuses', async () => {
    const call = pipedream().proxy.get({ ...acme, url: 'https://example.com/' }, { maxRetries: 0 })
    await expect(call).rejects.toMatchObject({ statusCode: 400, body: { code: 'domain_not_allowed' } })
  })
})

describe('the official Nango client against a streaming Function URL', () => {
  const client = () => new Nango({ host: fronted.url, secretKey: key })

  it('gets and posts', async () => {
    const answer = await client().get({ ...connection, endpoint: '/things/a%2Fb/?q=a%20b&a[]=1&a[]=2' })
    expect(answer.data).toEqual({ method: 'GET', url: '/things/a%2Fb/?q=a%20b&a[]=1&a[]=2' })
    upstream.forget()
    await client().post({ ...connection, endpoint: '/things', data: { id: 1 } })
    expect(upstream.only().body.toString()).toBe('{"id":1}')
    expect(upstream.only().values('x-api-key')).toEqual([apiKey])
  })

  it('reads bytes unchanged', async () => {
    upstream.answer('/bytes', binary(everyByte))
    const { data } = await client().get({ ...connection, endpoint: '/bytes', responseType: 'arraybuffer' })
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
    expect(digest(Buffer.from(data as ArrayBuffer))).toBe(digest(everyByte))
  })

  it('reads events one by one', async () => {
    const { events, firstWasRead } = twoEvents()
    upstream.answer('/events', eventStream(events))
    const { data } = await client().get({ ...connection, endpoint: '/events', responseType: 'stream' })
    const parts = (data as IncomingMessage)[Symbol.asyncIterator]()
    expect(String((await parts.next()).value)).toBe('data: one\n\n')
    firstWasRead.resolve()
    expect(String((await parts.next()).value)).toBe('data: two\n\n')
  })

  it('reads connections', async () => {
    expect(await client().getConnection('acme', 'c1')).toMatchObject({ connection_id: 'c1', provider: 'acme' })
  })
})
