import { once } from 'node:events'
import { connect } from 'node:net'

/** A TCP connection on which a test says what it likes. */
export interface RawConnection {
  send(text: string | Uint8Array): void
  /** Everything received so far, as latin1. */
  readonly received: string
  /** Resolves to everything received as soon as it fits; rejects when the connection closes before. */
  until(pattern: RegExp): Promise<string>
  /** Everything received until the server closed its side. */
  readonly ended: Promise<string>
  /** Stops taking bytes off the wire. */
  pause(): void
  resume(): void
  close(): void
}

/** Connects to a port of 127.0.0.1. */
export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
  })
  socket.on('error', () => undefined) // a reset shows as the end
  await once(socket, 'connect')
  const ended = new Promise<string>((resolve) => {
    const end = (): void => {
      socket.destroy()
      resolve(received)
    }
    socket.once('end', end).once('close', end)
  })
  return {
    send: (text) => {
      socket.write(text)
    },
    get received() {
      return received
    },
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(received)) return
          socket.off('data', look)
          resolve(received)
        }
        socket.on('data', look)
        void ended.then(() => (pattern.test(received) ? resolve(received) : reject(new Error(`closed: ${received}`))))
        look()
      }),
    ended,
    pause: () => {
      socket.pause()
    },
    resume: () => {
      socket.resume()
    },
    close: () => {
      socket.destroy()
    },
  }
}

/** The statuses of all answers in what was received. */
export function statuses(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]))
}
