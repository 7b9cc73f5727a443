import type { IncomingMessage } from 'node:http'
import { ProxyError } from '@proxy/core'
import { lingeringClose } from './linger.js'
import type { NodeFront } from './node-front.js'
import { refusalBytes } from './refusal.js'

/** Refuses the method CONNECT and closes. Node has given up the socket by then: nothing of its own listens there. */
export function createConnectListener(front: NodeFront): (request: IncomingMessage) => void {
  return ({ socket }) => {
    socket.on('error', () => undefined)
    const call = front.callOf(socket)
    const isBehindLast = front.stopReading(socket)
    if (call === undefined) {
      if (!isBehindLast) socket.write(refusalBytes(new ProxyError('method_not_allowed', 'CONNECT is not allowed.')))
      lingeringClose(socket, front.limits)
      return
    }
    // An answer to CONNECT must not overtake the one that is due, which goes on needing what Node took off the socket:
    // word that there is room for more, and that the caller has left.
    call.makeLast()
    socket.on('drain', () => answerOn(socket)?.emit('drain'))
    socket.on('end', () => socket.end())
    socket.resume()
  }
}

/** The answer whose turn it is; those of later calls have no socket yet. */
function answerOn(socket: object): NodeJS.EventEmitter | undefined {
  return (socket as { readonly _httpMessage?: NodeJS.EventEmitter | null })._httpMessage ?? undefined
}
