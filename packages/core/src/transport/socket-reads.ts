import type { Socket } from 'node:net'

/** Longer pieces come several at a time, and are read as one. */
const shortBytes = 8 * 1024

/**
 * What undici reads of one connection, and when.
 *
 * A short piece reaches it at once: the queue of a stream, and the turn that it waits before it says so, cost a call of
 * a short answer 2 %. Longer pieces, those behind them and what is not taken go through that queue.
 *
 * While the reader of an answer is not ready, undici gets nothing. Its own pause would do, but for an upstream that
 * closes meanwhile: undici finishes a paused parser then, and fails an assertion that nobody can catch.
 */
export class SocketReads {
  #socket: Socket | undefined
  #isHeld = false

  /** Serves a new socket in place of the one before. */
  attach(socket: Socket): void {
    this.#socket = socket
    this.#isHeld = false
    const { push, read } = socket
    let arrived: unknown = null

    socket.push = (chunk: Buffer | null): boolean => {
      const isShort = chunk !== null && chunk.length <= shortBytes
      if (!isShort || this.#isHeld || arrived !== null || socket.readableLength > 0) return push.call(socket, chunk)
      arrived = chunk
      socket.emit('readable')
      if (arrived === null) return true
      arrived = null
      return push.call(socket, chunk)
    }

    // Node itself asks with a size, to begin reading and to learn of the end.
    socket.read = (size?: number): unknown => {
      if (size !== undefined) return read.call(socket, size)
      if (this.#isHeld) return null
      if (arrived === null) return read.call(socket)
      const chunk = arrived
      arrived = null
      return chunk
    }
  }

  /** From the next read on there is nothing, until `release`. */
  hold(): void {
    this.#isHeld = true
  }

  /** Goes on, from outside of the parser. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#socket?.emit('readable')
  }

  /** The answer is over: its reader holds up no other. */
  reset(): void {
    this.#isHeld = false
  }
}
