import type { Socket } from 'node:net'

type Done = (error?: Error | null) => void

/**
 * What became of the writes on one connection. An upstream that answers an upload early and closes resets the
 * connection. When a write is the first to learn of that, the answer still lies unread, and Node would close the socket
 * over it. So such a write just never ends: what has arrived is read, and then the end of the connection says the rest.
 */
export class SocketWrites {
  #socket: Socket | undefined
  #failure: Error | undefined

  /** Serves a new socket in place of the one before. */
  attach(socket: Socket): void {
    this.#socket = socket
    this.#failure = undefined
    const { _write, _writev } = socket
    const unlessClosed = (done: Done): Done => {
      return (error) => {
        if (isClosedByPeer(error)) this.#failure = error
        else done(error)
      }
    }
    socket._write = (chunk, encoding, done) => _write.call(socket, chunk, encoding, unlessClosed(done))
    if (_writev !== undefined) socket._writev = (chunks, done) => _writev.call(socket, chunks, unlessClosed(done))
  }

  /** What broke the connection, once there is nothing left to read: its end then ends no answer. */
  get breach(): Error | undefined {
    const socket = this.#socket
    if (socket === undefined) return undefined
    return socket.errored ?? (socket.readableEnded ? this.#failure : undefined)
  }
}

function isClosedByPeer(error: Error | null | undefined): error is Error {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}
