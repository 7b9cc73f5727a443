import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { deferred, eventStream, rawRequest, startUpstream } from '@proxy/test-support'
import { expect, it, onTestFinished } from 'vitest'
import { startWorld } from './server/world.js'

it('a server out of descriptors keeps its streams, and takes calls again as soon as there are some', async () => {
  const upstream = await startUpstream()
  onTestFinished(() => upstream.stop())
  const more = deferred()
  upstream.answer(
    '/events',
    eventStream(
      (async function* () {
        yield 'first'
        await more.promise
        yield 'second'
      })(),
    ),
  )
  const world = await startWorld({ upstreamPort: upstream.port, shell: 'ulimit -n 160; exec "$@"' })
  const token = await world.token()
  const { url, headers } = world.call('/events', token)
  const stream = rawRequest(url, { headers })
  await expect.poll(() => upstream.requests.length).toBe(1)

  const port = Number(new URL(world.url).port)
  const sockets: Socket[] = []
  let shed = 0
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let count = 0; count < 250; count += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    socket.once('close', () => {
      shed += 1
    })
    sockets.push(socket)
    await once(socket, 'connect')
  }
  await expect.poll(() => shed).toBeGreaterThan(50)

  more.resolve()
  expect((await stream).text()).toContain('data: second')
  for (const socket of sockets) socket.destroy()
  const plain = world.call('/x', token)
  await expect
    .poll(async () => (await rawRequest(plain.url, plain).catch(() => undefined))?.status, { timeout: 5_000 })
    .toBe(200)
  world.server.child.kill('SIGTERM')
  expect(await world.server.ended).toBe(0)
})
