import type { OnReadOpts } from 'node:net'

/** As much as one read takes at most. */
const readBytes = 64 * 1024

/**
 * Where the system writes what any connection has received, until it is copied a moment later. Node would take 64 KiB
 * anew for every read and give nearly all of it back, which costs a tenth of a short call.
 */
const arrival = Buffer.allocUnsafeSlow(readBytes)

/** The option `onread` of a socket: hands each read over as a piece of its own. `push` is false when it is to pause. */
export function onRead(push: (chunk: Buffer) => boolean): OnReadOpts {
  return {
    buffer: arrival,
    callback(length) {
      const chunk = Buffer.allocUnsafe(length)
      chunk.set(arrival.subarray(0, length))
      return push(chunk)
    },
  }
}
