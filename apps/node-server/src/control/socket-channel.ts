import type { Socket } from 'node:net'
import type { Channel } from '@proxy/storage-memory'

/** A message is an answer with a page of accounts at most. */
const messageBytesMax = 256 * 1024 * 1024

/** A channel over a socket: JSON, one message a line. */
export function socketChannel(socket: Socket): Channel {
  const listeners: ((message: unknown) => void)[] = []
  let rest: Buffer[] = []
  let restBytes = 0

  socket.on('data', (chunk: Buffer) => {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...rest, chunk.subarray(start, end)])
      rest = []
      restBytes = 0
      start = end + 1
      hear(line)
    }
    const tail = chunk.subarray(start)
    rest.push(tail)
    restBytes += tail.length
    if (restBytes > messageBytesMax) socket.destroy()
  })
  // What follows an error is `close`, which tells those who wait.
  socket.on('error', () => undefined)

  function hear(line: Buffer): void {
    let message: unknown
    try {
      message = JSON.parse(line.toString())
    } catch {
      socket.destroy()
      return
    }
    for (const listener of listeners) listener(message)
  }

  return {
    send(message) {
      if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
    },
    onMessage: (listener) => void listeners.push(listener),
    onClose: (listener) => void socket.on('close', listener),
  }
}
