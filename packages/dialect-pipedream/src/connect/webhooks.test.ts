import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { manualClock } from '@proxy/conformance'
import { type PartEvent, type ProxyEvent, undiciTransport } from '@proxy/core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectBench } from '../../testing/connect-bench.js'
import { webhookSecret } from '../index.js'

const signingKeys = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'))

interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

let received: Received[] = []
let statuses: number[] = []
let heard: (() => void)[] = []
let address = ''

const server = createServer((request, response) => {
  request.toArray().then((chunks) => {
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
    response.writeHead(statuses.shift() ?? 204).end()
    for (const resolve of heard.splice(0)) resolve()
  })
})

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  return () => {
    server.closeAllConnections()
    server.close()
  }
})

beforeEach(() => {
  received = []
  statuses = []
  heard = []
})

function world(allowPrivate: readonly string[] = ['127.0.0.1']) {
  const events: ProxyEvent[] = []
  let tell: () => void = () => undefined
  const told = new Promise<void>((resolve) => {
    tell = resolve
  })
  const clock = manualClock()
  const transport = undiciTransport({ network: { allowPrivate } })
  const webhooks = { transport, signingKeys, hooks: [hear] }
  function hear(event: ProxyEvent): void {
    events.push(event)
    tell()
  }
  return { ...connectBench(undefined, { webhooks, clock }), events, told }
}

async function connect(bench: ReturnType<typeof world>, webhookUri = address): Promise<string> {
  const token = await bench.connectToken({ webhookUri })
  const form = { token, app: 'acme', cf_subdomain: 'north', cf_api_key: 'the-api-key-19' }
  const { text } = await bench.visit('/connect/accounts', { form })
  expect(text).toContain('Acme is connected')
  return token
}

function nextRequest(): Promise<void> {
  return new Promise((resolve) => heard.push(resolve))
}

describe('the webhook of a connect token', () => {
  it('tells of the account, without the token or a credential, signed by every key', async () => {
    const bench = world()
    const token = await connect(bench)
    const [{ headers, body } = { headers: {}, body: '' }] = received
    expect(JSON.parse(body)).toMatchObject({
      event: 'CONNECTION_SUCCESS',
      project_id: 'proj_demo',
      environment: 'development',
      external_user_id: 'user-1',
      account: { id: expect.stringMatching(/^apn_/), healthy: true, app: { name_slug: 'acme' } },
    })
    expect(body).not.toContain(token)
    expect(body).not.toContain('the-api-key-19')
    const expected = signingKeys.map((key) => {
      const secret = Buffer.from(webhookSecret(key, 'proj_demo').slice('whsec_'.length), 'base64')
      const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
      return `v1,${createHmac('sha256', secret).update(text).digest('base64')}`
    })
    expect(headers['webhook-signature']).toBe(expected.join(' '))
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(bench.clock.now() / 1000)))
    expect(webhookSecret(signingKeys[0] ?? '', 'proj_other')).not.toBe(webhookSecret(signingKeys[0] ?? '', 'proj_demo'))
  })

  it('tells of a login that the end user declined', async () => {
    const bench = world()
    const token = await bench.connectToken({ webhookUri: address })
    const page = await bench.visit('/connect/accounts', { form: { token, app: 'shop', cf_region: 'north' } })
    const query = new URLSearchParams({ state: bench.vendor.asked[0]?.state ?? '', error: 'access_denied' })
    await bench.visit(`/connect/oauth/app_shop1/callback?${query}`, { headers: { cookie: page.cookies } })
    expect(received.map(({ body }) => JSON.parse(body))).toEqual([
      {
        event: 'CONNECTION_ERROR',
        project_id: 'proj_demo',
        environment: 'development',
        external_user_id: 'user-1',
        app: 'shop',
        error: 'You did not give access to shop.',
        code: 'access_denied',
      },
    ])
  })

  it('is sent again with the same id while the receiver fails, and then no more', async () => {
    statuses = [500, 503, 200]
    const bench = world()
    const first = nextRequest()
    const connecting = connect(bench)
    await first
    for (const waitMs of [1_000, 5_000]) {
      const next = nextRequest()
      await turnUntil(() => bench.clock.advance(waitMs), next)
    }
    bench.clock.advance(2_000)
    await connecting
    expect(received).toHaveLength(3)
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(bench.events).toEqual([])
  })

  it('never goes to a private address, and its loss is told to the operator', async () => {
    const bench = world([])
    const connecting = connect(bench)
    await turnUntil(() => bench.clock.advance(30_000), bench.told)
    await connecting
    expect(received).toEqual([])
    expect(bench.events as PartEvent[]).toEqual([
      { type: 'part', part: 'webhook of proj_demo', state: 'degraded', reason: 'target_denied' },
    ])
  })
})

describe('an address that cannot be called', () => {
  it('is told to the operator, and the account is connected all the same', async () => {
    const bench = world()
    const connecting = connect(bench, 'https://user@hooks.example/x')
    await turnUntil(() => bench.clock.advance(30_000), bench.told)
    await connecting
    expect(bench.events).toMatchObject([{ part: 'webhook of proj_demo', state: 'degraded', reason: 'invalid_url' }])
  })
})

/** Moves the clock on, a turn of the event loop at a time, until what waits for it has come. */
async function turnUntil(move: () => void, wanted: Promise<void>): Promise<void> {
  let isThere = false
  void wanted.then(() => {
    isThere = true
  })
  while (!isThere) {
    move()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
