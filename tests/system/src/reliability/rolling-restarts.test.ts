import { randomBytes } from 'node:crypto'
import { startUpstream } from '@proxy/test-support'
import { expect, it, onTestFinished } from 'vitest'
import { keepAliveCallers } from '../security/callers.js'
import { startWorld, type World } from '../server/world.js'
import { startBalancer } from './balancer.js'

const restarts = 20
const callerCount = 12
/** One for all instances, so that a token is good on each of them. */
const signingKey = randomBytes(32).toString('base64')

it('twenty rolling restarts behind a balancer lose no POST and repeat none', async () => {
  const upstream = await startUpstream()
  onTestFinished(() => upstream.stop())
  const balancer = await startBalancer()
  onTestFinished(() => balancer.stop())
  const start = (): Promise<World> =>
    startWorld({
      upstreamPort: upstream.port,
      config: {
        server: { port: 0, publicUrl: 'http://proxy.test', drainDelay: '300ms' },
        tokens: { signingKeys: [signingKey] },
      },
    })
  let current = await start()
  balancer.add(current.url)
  const token = await current.token()
  const { url, headers } = current.call('/orders', token)
  const order = { method: 'POST', path: url.slice(current.url.length), headers: Object.entries(headers).flat() }
  const callers = keepAliveCallers(balancer.port, callerCount)
  onTestFinished(() => callers.close())
  const outcomes = new Map<number | string, number>()
  let sent = 0
  let isOver = false

  const caller = async (): Promise<void> => {
    while (!isOver) {
      sent += 1
      const outcome = await callers.send({ ...order, body: `order-${sent}` }).then(
        ({ status }) => status,
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      )
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const working = Array.from({ length: callerCount }, caller)
  const ends: Promise<number | string>[] = []
  for (let restart = 0; restart < restarts; restart += 1) {
    const next = await start()
    balancer.add(next.url)
    current.server.child.kill('SIGTERM')
    ends.push(current.server.ended)
    current = next
  }
  expect(await Promise.all(ends)).toEqual(ends.map(() => 0))
  isOver = true
  await Promise.all(working)

  expect([...outcomes]).toEqual([[200, sent]])
  const bodies = upstream.requests.map(({ body }) => body.toString())
  expect(bodies).toHaveLength(sent)
  expect(new Set(bodies).size).toBe(sent)
  current.server.child.kill('SIGTERM')
  expect(await current.server.ended).toBe(0)
}, 240_000)
