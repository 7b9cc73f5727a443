import type { Socket } from 'node:net'

/** Longer pieces come several at a time, and are read as one. */
const shortBytes = 8 * 1024

/**
 * Lets what a short read brings reach the reader of a socket at once. The queue of a stream, and the turn that it waits
 * before it says so, cost a call of a short answer 2 %. Anything that the reader leaves goes into the queue, as do longer
 * pieces and those behind them.
 */
export function passShortReads(socket: Socket): void {
  const { push, read } = socket
  let arrived: unknown = null

  socket.push = (chunk: Buffer | null): boolean => {
    const isShort = chunk !== null && chunk.length <= shortBytes
    if (!isShort || socket.readableLength > 0 || arrived !== null) return push.call(socket, chunk)
    arrived = chunk
    socket.emit('readable')
    if (arrived === null) return true
    arrived = null
    return push.call(socket, chunk)
  }

  socket.read = (size?: number): unknown => {
    if (arrived === null || size !== undefined) return read.call(socket, size)
    const chunk = arrived
    arrived = null
    return chunk
  }
}
