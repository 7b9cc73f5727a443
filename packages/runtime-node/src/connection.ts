import type { Socket } from 'node:net'
import type { NodeCall } from './node-call.js'

/** What is known of one connection of a caller. Kept on the socket: a map would gain and lose an entry with each call. */
export class Connection {
  readonly socket: Socket
  /** The latest call, until its answer has ended. */
  current: NodeCall | undefined
  /** Calls before it whose answers have not ended: the caller did not wait for them. */
  earlier: NodeCall[] = []
  /** Nothing more is taken from it: what is still sent is no request, or would never be answered. */
  isReadUp = false
  #unsentAtLastLook = -1
  #writtenAtLastLook = -1
  #readAtLastLook = -1
  #stalledMs = 0
  #unusedMs = 0

  constructor(socket: Socket) {
    this.socket = socket
  }

  begin(call: NodeCall): void {
    const { current } = this
    if (current !== undefined && !current.isDone) {
      this.earlier = this.earlier.filter((one) => !one.isDone)
      this.earlier.push(current)
    }
    this.current = call
  }

  /** The handler is done with the call; nothing of it is kept while the connection waits for the next one. */
  end(call: NodeCall): void {
    if (this.current === call && call.isAnswered && this.earlier.length === 0) this.current = undefined
  }

  closed(): void {
    for (const call of this.earlier) call.connectionClosed()
    this.current?.connectionClosed()
  }

  /** To be called every `elapsedMs`: ends what a caller keeps waiting for too long, and what no caller uses. */
  endWhenIdle(elapsedMs: number, readerIdleTimeoutMs: number, keepAliveTimeoutMs: number): void {
    this.current?.endWhenBodyIdle(elapsedMs)
    const { writableLength, bytesWritten, bytesRead } = this.socket
    const stalls =
      writableLength > 0 && writableLength === this.#unsentAtLastLook && bytesWritten === this.#writtenAtLastLook
    // An answer can be given long before the last of it is taken.
    const isUnused = writableLength === 0 && bytesRead === this.#readAtLastLook && !this.#isInUse()
    this.#unsentAtLastLook = writableLength
    this.#writtenAtLastLook = bytesWritten
    this.#readAtLastLook = bytesRead
    this.#stalledMs = stalls ? this.#stalledMs + elapsedMs : 0
    this.#unusedMs = isUnused ? this.#unusedMs + elapsedMs : 0
    if (this.#stalledMs >= readerIdleTimeoutMs || this.#unusedMs > keepAliveTimeoutMs) this.socket.destroy()
  }

  #isInUse(): boolean {
    return (this.current !== undefined && !this.current.isDone) || this.earlier.some((call) => !call.isDone)
  }
}

const key = Symbol('connection')

interface ServedSocket extends Socket {
  [key]?: Connection
}

/** Undefined for a socket that no request has come from yet. */
export function connectionOf(socket: ServedSocket): Connection | undefined {
  return socket[key]
}

/** Makes the connection with the first request of a socket. */
export function obtainConnection(socket: ServedSocket, onNew: (connection: Connection) => void): Connection {
  const known = socket[key]
  if (known !== undefined) return known
  const connection = new Connection(socket)
  socket[key] = connection
  onNew(connection)
  return connection
}
