import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createPeer, type Peer } from './peer.js'

/** A server of bytes on loopback. */
export interface RawServer {
  readonly port: number
  /** Resolves to the next connection that nobody has asked for yet. */
  connection(): Promise<Peer>
  /** Connections made so far. */
  readonly connectionCount: number
  stop(): Promise<void>
}

export async function startRawServer(): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const arrived: Peer[] = []
  const awaited: ((peer: Peer) => void)[] = []
  let connectionCount = 0
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    connectionCount += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    const peer = createPeer(socket)
    const waiter = awaited.shift()
    if (waiter === undefined) arrived.push(peer)
    else waiter(peer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    port: (server.address() as AddressInfo).port,
    get connectionCount() {
      return connectionCount
    },
    connection: () =>
      new Promise((resolve) => {
        const peer = arrived.shift()
        if (peer === undefined) awaited.push(resolve)
        else resolve(peer)
      }),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
