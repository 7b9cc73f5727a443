import { createHash } from 'node:crypto'
import { binary, deferred, eventStream, form, json, text } from '@proxy/test-support'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { versions } from './clients/versions.js'
import { accounts, regionsHost, secrets, user } from './world/configuration.js'
import { occurrences, privateHeaderNames } from './world/on-the-wire.js'
import { startWorld, type World } from './world/start-world.js'

const acme = { externalUserId: user, accountId: accounts.acme }
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

let world: World

beforeAll(async () => {
  world = await startWorld()
  return () => world.stop()
})

afterEach(() => world.upstream.forget())

describe.each(versions)('proxied calls of the official client $name', (version) => {
  const client = () => version.connect({ url: world.server.url })

  it('gets a full URL with its query as it was written, with the credential exactly once', async () => {
    const answer = await client().proxy.get({ ...acme, url: world.target('/things/a%2Fb?q=a%20b&q=c+d&empty=&=x&%7E') })

    const seen = world.upstream.only()
    expect(answer).toEqual({ method: 'GET', url: '/things/a%2Fb?q=a%20b&q=c+d&empty=&=x&%7E' })
    expect([seen.method, seen.url, seen.bodyLength]).toEqual(['GET', '/things/a%2Fb?q=a%20b&q=c+d&empty=&=x&%7E', 0])
    expect(seen.values('x-api-key')).toEqual([secrets.acmeKey])
    expect(occurrences(seen, secrets.acmeKey)).toBe(1)
    expect(seen.values('host')).toEqual([`localhost:${world.upstream.port}`])
  })

  it('shows the upstream nothing of the talk between the client and this server', async () => {
    const caller = client()
    const token = await caller.rawAccessToken
    await caller.proxy.get({ ...acme, url: '/quiet', headers: { 'X-Own': 'yes' } })

    const seen = world.upstream.only()
    expect(seen.values('x-own')).toEqual(['yes'])
    expect(privateHeaderNames(seen)).toEqual([])
    expect(seen.values('authorization')).toEqual([])
    expect(occurrences(seen, token)).toBe(0)
    expect(seen.values('user-agent').join()).not.toContain('pipedream')
    expect(seen.values('accept')).toEqual(['*/*'])
    expect(seen.values('content-type')).toEqual([])
  })

  it.each(['post', 'put', 'patch'] as const)('sends the JSON body of a %s byte for byte', async (method) => {
    const body = { text: 'hello, wörld', nested: { list: [1, 2.5, null, true] } }
    const answer = await client().proxy[method]({ ...acme, url: '/messages?draft=1', body })

    const seen = world.upstream.only()
    expect(answer).toEqual({ method: method.toUpperCase(), url: '/messages?draft=1' })
    expect(seen.body.toString()).toBe(JSON.stringify(body))
    expect(seen.values('content-type')).toEqual(['application/json'])
    expect(seen.values('x-api-key')).toEqual([secrets.acmeKey])
  })

  it('deletes', async () => {
    await client().proxy.delete({ ...acme, url: world.target('/things/7') })

    const seen = world.upstream.only()
    expect([seen.method, seen.url, seen.bodyLength]).toEqual(['DELETE', '/things/7', 0])
    expect(seen.values('x-api-key')).toEqual([secrets.acmeKey])
  })

  it('joins a relative path to the base of the app', async () => {
    await client().proxy.get({ ...acme, url: '/relative/path?x=1' })
    expect(world.upstream.only().url).toBe('/relative/path?x=1')
  })

  it('adds `params` to the query of the target', async () => {
    await client().proxy.get({ ...acme, url: '/search', params: { q: 'a b', tag: ['x', 'y'] } })
    expect(world.upstream.only().url).toBe('/search?q=a%20b&tag=x&tag=y')
  })

  it('finds the domain of a dynamic app from the account', async () => {
    await client().proxy.get({ externalUserId: user, accountId: accounts.regions, url: '/api/v4/projects' })

    const seen = world.upstream.only()
    expect(seen.url).toBe('/api/v4/projects')
    expect(seen.values('host')).toEqual([`${regionsHost}:${world.upstream.port}`])
    expect(seen.values('authorization')).toEqual([`Bearer ${secrets.regionsToken}`])
  })

  it('refuses a full URL for a dynamic app', async () => {
    const url = `http://${regionsHost}:${world.upstream.port}/api/v4/projects`
    const call = client().proxy.get({ externalUserId: user, accountId: accounts.regions, url })
    await expect(call).rejects.toMatchObject({ statusCode: 400, body: { code: 'relative_path_required' } })
    expect(world.upstream.requests).toEqual([])
  })

  it('refuses a domain that the app does not allow, before the upstream hears of it', async () => {
    const call = client().proxy.get({ ...acme, url: 'https://example.com/steal' })
    await expect(call).rejects.toBeInstanceOf(version.PipedreamError)
    await expect(call).rejects.toMatchObject({
      statusCode: 400,
      body: { error: 'domain not allowed for this app', code: 'domain_not_allowed' },
    })
    expect(world.upstream.requests).toEqual([])
  })

  it.each([
    ['a bearer token', accounts.oauth, 'authorization', `Bearer ${secrets.oauthToken}`],
    ['a header', accounts.acme, 'x-api-key', secrets.acmeKey],
  ])('places %s, over what the caller sends under that name', async (_, accountId, name, value) => {
    await client().proxy.get({ externalUserId: user, accountId, url: '/me', headers: { [name]: 'mine' } })
    expect(world.upstream.only().values(name)).toEqual([value])
  })

  it('places a query parameter, over what the caller sends under that name', async () => {
    await client().proxy.get({ externalUserId: user, accountId: accounts.query, url: '/me?key=mine&a=1' })

    const seen = world.upstream.only()
    const query = new URL(seen.url, 'http://upstream').searchParams
    expect(query.getAll('key')).toEqual([secrets.queryKey])
    expect(query.getAll('a')).toEqual(['1'])
    expect(occurrences(seen, secrets.queryKey)).toBe(1)
  })

  it('passes custom headers on, with exactly one prefix taken off', async () => {
    const headers = { Hello: 'wörld'.normalize('NFC'), 'X-Pd-Proxy-Twice': '2', Accept: 'application/vnd.acme+json' }
    await client().proxy.get({ ...acme, url: '/headers', headers })

    const seen = world.upstream.only()
    expect(seen.values('hello').map((value) => Buffer.from(value, 'latin1').toString('latin1'))).toEqual(['wörld'])
    expect(seen.values('x-pd-proxy-twice')).toEqual(['2'])
    expect(seen.values('accept')).toEqual(['application/vnd.acme+json'])
  })

  it('sends a form when the app says so and the caller names the type, and JSON when not', async () => {
    const body = { text: 'hello, world', channel: 'C03' }
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    await client().proxy.post({ externalUserId: user, accountId: accounts.forms, url: '/form', headers, body })
    await client().proxy.post({ externalUserId: user, accountId: accounts.forms, url: '/json', body })

    const [asForm, asJson] = world.upstream.requests
    expect(asForm?.values('content-type')).toEqual(['application/x-www-form-urlencoded'])
    expect(Object.fromEntries(new URLSearchParams(asForm?.body.toString()))).toEqual(body)
    expect(asForm?.values('content-length')).toEqual([String(asForm?.bodyLength)])
    expect(asJson?.values('content-type')).toEqual(['application/json'])
    expect(asJson?.body.toString()).toBe(JSON.stringify(body))
  })

  it('reads JSON, text, form and empty answers', async () => {
    world.upstream.answer('/text', text('a,b\nc,d\n', { 'content-type': 'text/csv' }))
    world.upstream.answer('/form-answer', form({ access_token: 'x y', scope: 'a' }))
    world.upstream.answer('/none', (response) => void response.writeHead(204).end())
    const { proxy } = client()

    expect(await proxy.get({ ...acme, url: '/json-answer' })).toEqual({ method: 'GET', url: '/json-answer' })
    const asText = { ok: false, error: { reason: 'non-json', statusCode: 200 } } // how these clients hand out text
    expect(await proxy.get({ ...acme, url: '/text' })).toMatchObject({
      error: { ...asText.error, rawBody: 'a,b\nc,d\n' },
    })
    expect(await proxy.get({ ...acme, url: '/form-answer' })).toMatchObject({
      error: { ...asText.error, rawBody: 'access_token=x+y&scope=a' },
    })
    expect(await proxy.get({ ...acme, url: '/none' })).toBeUndefined()
  })

  it('passes the head of the answer on, and adds its request id', async () => {
    const head = { etag: '"7"', link: '</next>; rel="next"', 'x-acme-version': '2' }
    world.upstream.answer('/head', json({ ok: true }, { ...head, 'set-cookie': 'session=upstream' }, 201))
    const { data, rawResponse } = await client()
      .proxy.get({ ...acme, url: '/head' })
      .withRawResponse()

    expect(data).toEqual({ ok: true })
    expect(rawResponse.status).toBe(201)
    for (const [name, value] of Object.entries(head)) expect(rawResponse.headers.get(name)).toBe(value)
    expect(rawResponse.headers.get('set-cookie')).toBeNull()
    expect(rawResponse.headers.get('x-request-id')).toMatch(/\S/)
    expect(rawResponse.headers.get('x-proxy-error')).toBeNull()
  })

  it('shows no secret in the logs of all that', () => {
    for (const secret of Object.values(secrets)) expect(world.server.logs()).not.toContain(secret)
    expect(world.server.logs()).toContain('"app":"acme"') // so that an empty log cannot pass
  })
})

describe.each(versions.filter((version) => version.readsBinary))('streamed answers in the client $name', (version) => {
  const client = () => version.connect({ url: world.server.url })

  it('reads a binary answer byte for byte', async () => {
    world.upstream.answer('/image', binary(everyByte, { 'content-type': 'image/png' }))
    const answer = await client().proxy.get({ ...acme, url: '/image', headers: { accept: 'image/png' } })

    const bytes = Buffer.from(await (answer as { arrayBuffer(): Promise<ArrayBuffer> }).arrayBuffer())
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(createHash('sha256').update(everyByte).digest('hex'))
  })

  it('hands out server-sent events one by one, as they happen', async () => {
    const firstWasRead = deferred()
    world.upstream.answer(
      '/events',
      eventStream(
        (async function* () {
          yield 'one'
          await firstWasRead.promise
          yield 'two'
        })(),
      ),
    )
    const answer = await client().proxy.get({ ...acme, url: '/events', headers: { accept: 'text/event-stream' } })

    const read: string[] = []
    for await (const chunk of (answer as { stream(): AsyncIterable<Uint8Array> }).stream()) {
      read.push(Buffer.from(chunk).toString())
      firstWasRead.resolve()
    }
    expect(read).toEqual(['data: one\n\n', 'data: two\n\n'])
    expect(world.upstream.only().values('accept')).toEqual(['text/event-stream'])
  })
})

describe.each(versions.filter((version) => !version.readsBinary))('streamed answers in the client $name', (version) => {
  const client = () => version.connect({ url: world.server.url })

  it('collects server-sent events as text', async () => {
    world.upstream.answer('/events', eventStream(['one', 'two']))
    const answer = await client().proxy.get({ ...acme, url: '/events', headers: { accept: 'text/event-stream' } })
    expect(answer).toMatchObject({ error: { rawBody: 'data: one\n\ndata: two\n\n' } })
  })
})
