import { Agent, request as httpRequest } from 'node:http'
import { startUpstream } from '@proxy/test-support'
import { expect, it, onTestFinished } from 'vitest'
import { startWorld, type World } from './server/world.js'

/** One POST on kept-alive connections; a refused connection is tried on the next instance, anything else is a loss. */
function post(url: string, headers: Record<string, string>, agent: Agent, id: string): Promise<number | string> {
  return new Promise((resolve) => {
    const request = httpRequest(url, { method: 'POST', agent, headers: { ...headers, 'content-type': 'text/plain' } })
    request.once('response', (response) => {
      response.resume().once('close', () => resolve(response.complete ? (response.statusCode ?? 0) : 'cut'))
    })
    request.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    request.end(id)
  })
}

it('instances that are replaced one after the other lose no call and repeat none', async () => {
  const upstream = await startUpstream()
  onTestFinished(() => upstream.stop())
  const start = (): Promise<World> => startWorld({ upstreamPort: upstream.port })
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  onTestFinished(() => agent.destroy())
  // A balancer in front: calls go to the newest instance that is ready.
  let current = await start()
  let token = await current.token()
  const outcomes = new Map<number | string, number>()
  let sent = 0
  let isOver = false

  const caller = async (name: number): Promise<void> => {
    for (let count = 0; !isOver; count += 1) {
      const id = `${name}-${count}`
      const { url, headers } = current.call('/orders', token)
      sent += 1
      const outcome = await post(url, headers, agent, id)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
  }
  const callers = Array.from({ length: 8 }, (_, name) => caller(name))
  for (let restart = 0; restart < 4; restart += 1) {
    const next = await start()
    const nextToken = await next.token()
    const last = current
    current = next
    token = nextToken
    last.server.child.kill('SIGTERM')
    expect(await last.server.ended).toBe(0)
  }
  isOver = true
  await Promise.all(callers)

  expect([...outcomes]).toEqual([[200, sent]])
  const bodies = upstream.requests.map(({ body }) => body.toString())
  expect(new Set(bodies).size).toBe(bodies.length)
  expect(bodies).toHaveLength(sent)
  current.server.child.kill('SIGTERM')
  expect(await current.server.ended).toBe(0)
})
