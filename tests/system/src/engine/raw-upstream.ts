import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'

/** An upstream of bytes: each connection runs the script, which sees every request head it was sent. */
export interface RawUpstream {
  readonly port: number
  /** Heads of the requests received, in order. */
  readonly heads: readonly string[]
  readonly connections: number
  /** Connections that are open now. */
  readonly open: number
  script: Script
  stop(): Promise<void>
}

/** Called with each request head as it arrives complete. */
export type Script = (socket: Socket, head: string, index: number) => void

export async function startRawUpstream(): Promise<RawUpstream> {
  const heads: string[] = []
  const sockets = new Set<Socket>()
  let connections = 0

  const server: Server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      received += chunk
      for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
        const head = received.slice(0, end)
        received = received.slice(end + 4)
        if (!/^[A-Z]+ \/\S* HTTP\/1\.1/.test(head)) continue
        heads.push(head)
        upstream.script(socket, head, heads.length - 1)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const upstream: RawUpstream = {
    script: () => undefined,
    port: (server.address() as AddressInfo).port,
    heads,
    get connections() {
      return connections
    },
    get open() {
      return sockets.size
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return upstream
}
