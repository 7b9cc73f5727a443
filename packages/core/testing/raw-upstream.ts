import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface RawConnection {
  readonly socket: Socket
  /** From 0, in order of arrival. */
  readonly number: number
  /** Heads received on this connection so far, as text. */
  readonly heads: readonly string[]
}

export interface RawUpstream {
  readonly port: number
  readonly connections: readonly RawConnection[]
  stop(): Promise<void>
}

/**
 * A server on 127.0.0.1 (on a free port, by default) that calls `answer` for each request head and writes nothing by itself, so that
 * a test decides about every byte. Bodies of requests are not told from heads: send none with an empty line in it.
 */
export async function startRawUpstream(
  answer: (connection: RawConnection, head: string) => void | Promise<void>,
  port = 0,
): Promise<RawUpstream> {
  const connections: RawConnection[] = []
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const heads: string[] = []
    const connection = { socket, number: connections.length, heads }
    connections.push(connection)
    let received = ''
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
      for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
        const head = received.slice(0, end)
        received = received.slice(end + 4)
        heads.push(head)
        Promise.resolve(answer(connection, head)).catch(() => socket.destroy())
      }
    })
    socket.on('end', () => socket.end())
    socket.on('error', () => undefined) // the other side may cut at any time
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const { socket } of connections) socket.destroy()
      await closed
    },
  }
}
