import { toFetchHandler } from '@proxy/core/fetch'
import { type Deferred, deferred, startUpstream, streamOf, text, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine/start-engine.js'

let upstream: Upstream
let engine: Engine
let handle: (request: Request) => Promise<Response>
let more: Deferred<void>
const outcomes: string[] = []

beforeAll(async () => {
  upstream = await startUpstream()
  engine = await startEngine({
    apps: [
      {
        ...{ name_slug: 'acme', name: 'Acme', auth_type: 'none', auth: [{ kind: 'none' }] },
        connect: { base_proxy_target_url: `http://localhost:${upstream.port}` },
      },
    ],
    accounts: [{ id: 'apn_acme', app: 'acme' }],
    allowPrivate: [`127.0.0.1:${upstream.port}`],
    hooks: [(event) => event.type === 'call' && outcomes.push(event.outcome)],
  })
  handle = toFetchHandler(engine.proxy)
  upstream.answer('/silent', () => undefined)
  upstream.answer(
    '/slow',
    async (response, request) =>
      await streamOf(
        (async function* () {
          yield Buffer.from('first')
          await more.promise
          yield Buffer.from('second')
        })(),
      )(response, request),
  )
  return async () => {
    await upstream.stop()
    await engine.close()
  }
})
beforeEach(() => {
  upstream.forget()
  outcomes.length = 0
  more = deferred()
})
afterAll(() => more.resolve())

function request(path: string, init: RequestInit & { duplex?: 'half' } = {}, account = 'apn_acme'): Request {
  return new Request(`http://host.example/call?${new URLSearchParams({ target: path, account })}`, init)
}

describe('a fetch-style host', () => {
  it('gets the whole of an answer', async () => {
    more.resolve()
    expect(await (await handle(request('/slow'))).text()).toBe('firstsecond')
    upstream.answer('/x', text('hello'))
    expect(await (await handle(request('/x', { method: 'POST', body: 'b' }))).text()).toBe('hello')
  })

  it('may lose interest in an answer between its head and its end, beside one that does not', async () => {
    upstream.answer('/short', text('hello'))
    const leaver = new AbortController()
    const [left, kept] = await Promise.all([
      handle(request('/short', { signal: leaver.signal })).then(async (response) => {
        leaver.abort()
        await response.body?.cancel()
        return response.status
      }),
      handle(request('/short')).then((response) => response.text()),
    ])
    expect([left, kept]).toEqual([200, 'hello'])
    expect(outcomes.toSorted()).toEqual(['caller-left', 'ok'])
  })

  it('hears that there is no answer when the caller left before the head', async () => {
    const caller = new AbortController()
    const answer = handle(request('/silent', { signal: caller.signal }))
    await expect.poll(() => upstream.requests.length).toBe(1)
    caller.abort(new Error('left'))
    await expect(answer).rejects.toThrow('left')
  })

  it('hears so at once when the caller had left before the call', async () => {
    await expect(handle(request('/silent', { signal: AbortSignal.abort(new Error('left')) }))).rejects.toThrow('left')
  })

  it('sees a cut, and no wait, when the caller leaves in the middle', async () => {
    const caller = new AbortController()
    const { body } = await handle(request('/slow', { signal: caller.signal }))
    const reader = body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? '').toString()).toBe('first')
    caller.abort()
    await expect(reader?.read()).rejects.toThrow()
  })

  it('lives on when the body of a refused call breaks', async () => {
    let breakBody: (error: Error) => void = () => undefined
    const body = new ReadableStream({
      start: (controller) => {
        breakBody = (error) => controller.error(error)
      },
    })
    const answer = await handle(request('/x', { method: 'POST', body, duplex: 'half' }, 'apn_nobody'))
    expect(answer.status).toBe(404)
    breakBody(new Error('the caller broke it'))
    await new Promise((resolve) => setImmediate(resolve))
    expect((await handle(request('/x'))).status).toBe(200)
  })
})
