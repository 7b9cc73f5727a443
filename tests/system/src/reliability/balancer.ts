import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { rawRequest } from '@proxy/test-support'

/** A balancer of TCP connections, as a user has one in front: it asks instances whether they are ready. */
export interface Balancer {
  readonly port: number
  /** Takes an instance into the rotation. */
  add(url: string): void
  stop(): Promise<void>
}

const askEveryMs = 50

export async function startBalancer(): Promise<Balancer> {
  const instances = new Set<string>()
  const sockets = new Set<Socket>()
  let turn = 0

  const server = createServer((caller) => {
    track(caller)
    pass(caller, [...instances])
  })
  const timer = setInterval(() => {
    for (const url of instances) void ask(url)
  }, askEveryMs)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  function track(socket: Socket): void {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
  }

  async function ask(url: string): Promise<void> {
    const answer = await rawRequest(`${url}/readyz`).catch(() => undefined)
    if (answer?.status !== 200) instances.delete(url)
  }

  /** An instance that refuses the connection has seen none of its bytes, so that the next one may have them. */
  function pass(caller: Socket, candidates: readonly string[]): void {
    turn += 1
    const url = candidates[turn % candidates.length]
    if (url === undefined) {
      caller.destroy()
      return
    }
    const instance = connect(Number(new URL(url).port), '127.0.0.1')
    instance.once('error', () =>
      pass(
        caller,
        [...instances].filter((other) => other !== url),
      ),
    )
    instance.once('connect', () => {
      instance.removeAllListeners('error')
      track(instance)
      caller.pipe(instance).pipe(caller)
      instance.once('close', () => caller.destroySoon())
      caller.once('close', () => instance.destroy())
    })
  }

  return {
    port: (server.address() as AddressInfo).port,
    add: (url) => {
      instances.add(url)
    },
    async stop() {
      clearInterval(timer)
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
