import { createHmac } from 'node:crypto'
import { manualClock } from '@proxy/conformance'
import { type RefreshEvent, signedWebhook, undiciTransport } from '@proxy/core'
import { sequence, startUpstream, status, type Upstream } from '@proxy/test-support'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const secret = Buffer.alloc(32, 9)
const dead: RefreshEvent = {
  type: 'refresh',
  project: 'proj_1',
  environment: 'production',
  account: 'apn_1',
  app: 'acme',
  outcome: 'dead',
  reason: 'the vendor answered 400 invalid_grant',
}

let receiver: Upstream
beforeEach(async () => {
  receiver = await startUpstream()
})
afterEach(() => receiver.stop())

function bench(allowPrivate: readonly string[] = ['127.0.0.1']) {
  const clock = manualClock()
  const undelivered: string[] = []
  const webhook = signedWebhook({
    url: `http://127.0.0.1:${receiver.port}/hook?to=ops`,
    secret: `whsec_${secret.toString('base64')}`,
    transport: undiciTransport({ network: { allowPrivate } }),
    clock,
    onUndelivered: (reason) => undelivered.push(reason),
  })
  const settled = async () => {
    let isIdle = false
    const idle = webhook.idle().then(() => {
      isIdle = true
    })
    while (!isIdle) {
      if (clock.waiting > 0) clock.advance(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await idle
  }
  return { ...webhook, clock, undelivered, settled }
}

describe('a signed webhook', () => {
  it('tells of a dead account, signed with the time', async () => {
    receiver.answer('/hook', status(204))
    const { hook, settled, clock, undelivered } = bench()
    hook(dead)
    await settled()
    const request = receiver.only()
    expect([request.method, request.url]).toEqual(['POST', '/hook?to=ops'])
    const body = request.body.toString()
    expect(JSON.parse(body)).toEqual({
      type: 'account.dead',
      timestamp: '2026-01-01T00:00:00.000Z',
      data: {
        project_id: 'proj_1',
        environment: 'production',
        account_id: 'apn_1',
        app: 'acme',
        reason: 'the vendor answered 400 invalid_grant',
      },
    })
    const [id] = request.values('webhook-id')
    const [timestamp] = request.values('webhook-timestamp')
    expect(timestamp).toBe(String(clock.now() / 1000))
    const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
    expect(request.values('webhook-signature')).toEqual([`v1,${signature}`])
    expect(undelivered).toEqual([])
  })

  it('says nothing of other events', async () => {
    const { hook, idle } = bench()
    hook({ ...dead, outcome: 'failed' })
    hook({ ...dead, outcome: 'refreshed' })
    hook({ type: 'part', part: 'storage', state: 'degraded', reason: undefined })
    await idle()
    expect(receiver.requests).toHaveLength(0)
  })

  it('is sent again with the same id while the receiver fails, and then given up', async () => {
    receiver.answer('/hook', sequence(status(500), status(429), status(200)))
    const first = bench()
    first.hook(dead)
    await first.settled()
    expect(new Set(receiver.requests.map((request) => request.values('webhook-id')[0])).size).toBe(1)
    expect(receiver.requests).toHaveLength(3)
    expect(first.undelivered).toEqual([])
    receiver.forget()
    receiver.answer('/hook', status(503))
    const second = bench()
    second.hook(dead)
    await second.settled()
    expect(receiver.requests).toHaveLength(4)
    expect(second.undelivered).toEqual(['answered 503'])
  })

  it('goes to no address that the guard refuses', async () => {
    const { hook, settled, undelivered } = bench([])
    hook(dead)
    await settled()
    expect([receiver.requests.length, undelivered]).toEqual([0, ['target_denied']])
  })

  it('keeps a thousand messages for a receiver that is away, and drops the rest', async () => {
    receiver.answer('/hook', status(204))
    const { hook, settled, undelivered } = bench()
    for (let nth = 0; nth < 1_010; nth += 1) hook({ ...dead, account: `apn_${nth}` })
    await settled()
    expect(receiver.requests).toHaveLength(1_004)
    expect(undelivered).toEqual(Array.from({ length: 6 }, () => 'too many messages wait'))
  })

  it.each(['', 'short', 'whsec_', Buffer.alloc(23).toString('base64'), `${'é'.repeat(40)}`])(
    'is not made with the secret %j',
    (text) => {
      const transport = undiciTransport()
      expect(() => signedWebhook({ url: 'https://ops.example.com', secret: text, transport })).toThrow('24 bytes')
      expect(() => signedWebhook({ url: 'ops', secret: secret.toString('base64'), transport })).toThrow()
    },
  )
})
