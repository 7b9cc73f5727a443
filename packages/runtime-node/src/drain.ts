import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import type { NodeFront } from './node-front.js'

const LOOK_MS = 25
/** A connection in use has its next request within this time, and that answer can say that it is the last one. */
const QUIET_MS = 250

export interface ServedConnections {
  /** What HTTP is spoken on. */
  readonly connections: ReadonlySet<Socket>
  /** What TCP is spoken on: the same, but with TLS. */
  readonly sockets: ReadonlySet<Socket>
}

/**
 * Stops accepting, lets calls in flight end within `budgetMs`, closes connections as they fall quiet and cuts what is
 * left. Connections that wait for a request are not closed at once: a request may be on its way, and would be lost.
 */
export async function drainServer(
  server: Server,
  front: NodeFront,
  { connections, sockets }: ServedConnections,
  budgetMs: number,
): Promise<void> {
  front.announceEnd()
  await turns(2) // what has already connected is accepted first
  const closed = new Promise<void>((resolve) => {
    // The method of `node:http` would close waiting connections at once.
    NetServer.prototype.close.call(server, () => resolve())
  })
  const closeQuiet = quietCloser(front)
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    if (now - startedAt >= budgetMs) for (const socket of sockets) socket.destroy()
    else for (const connection of connections) closeQuiet(connection, now)
  }, LOOK_MS)
  await closed
  clearInterval(timer)
  // Ends the timer that looks after slow heads.
  server.close(() => undefined)
}

function quietCloser(front: NodeFront): (connection: Socket, now: number) => void {
  const lastSeen = new WeakMap<Socket, { readonly bytesRead: number; readonly at: number }>()
  return (connection, now) => {
    const { bytesRead, writableLength } = connection
    const last = lastSeen.get(connection)
    const isBusy = front.callOf(connection) !== undefined || writableLength > 0
    if (last === undefined || last.bytesRead !== bytesRead || isBusy) {
      lastSeen.set(connection, { bytesRead, at: now })
    } else if (now - last.at >= QUIET_MS) {
      connection.destroy()
    }
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
