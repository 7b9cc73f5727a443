import { once } from 'node:events'
import type { Socket } from 'node:net'

/** One end of a connection, read piece by piece: what nobody asks for stays in the socket, with backpressure. */
export interface Peer {
  readonly socket: Socket
  /** Everything up to and with `mark`, as latin1. Rejects when the connection ends before it. */
  readUntil(mark: string): Promise<string>
  readBytes(count: number): Promise<Buffer>
  /** Everything up to the end of the connection, or to its reset. */
  readRest(): Promise<Buffer>
  /** Resolves when the bytes were handed to the system. */
  write(data: string | Buffer): Promise<void>
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>
}

export function createPeer(socket: Socket): Peer {
  let received = Buffer.alloc(0)
  let isClosed = socket.destroyed
  const closed = isClosed ? Promise.resolve() : once(socket, 'close').then(() => undefined)
  socket.on('close', () => {
    isClosed = true
  })
  // A reset is the end of a connection here; who cares looks at what was read.
  socket.on('error', () => {})
  // Nothing flows until somebody reads.
  socket.pause()

  return {
    socket,
    closed,
    async readUntil(mark) {
      for (;;) {
        const at = received.indexOf(mark, 0, 'latin1')
        if (at !== -1) return take(at + mark.length).toString('latin1')
        if (!(await receiveMore())) throw new Error(`The connection ended before ${JSON.stringify(mark)}`)
      }
    },
    async readBytes(count) {
      while (received.length < count) {
        if (!(await receiveMore())) throw new Error(`The connection ended after ${received.length} of ${count} bytes`)
      }
      return take(count)
    },
    async readRest() {
      while (await receiveMore()) {}
      return take(received.length)
    },
    write: (data) =>
      new Promise((resolve, reject) => {
        socket.write(data, 'latin1', (error) => (error ? reject(error) : resolve()))
      }),
  }

  function take(count: number): Buffer {
    const taken = received.subarray(0, count)
    received = received.subarray(count)
    return taken
  }

  /** False when nothing comes any more. */
  async function receiveMore(): Promise<boolean> {
    for (;;) {
      const chunk: Buffer | null = socket.read()
      if (chunk !== null) {
        received = Buffer.concat([received, chunk])
        return true
      }
      if (isClosed || socket.readableEnded) return false
      await Promise.race([once(socket, 'readable'), once(socket, 'end'), closed]).catch(() => {})
    }
  }
}
