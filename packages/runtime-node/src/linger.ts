import type { Socket } from 'node:net'

const POLL_MS = 50

/**
 * Closes our side of a connection and drops what the caller still sends, within bounds: closing with unread bytes makes
 * the kernel send a reset, which can overtake the answer (RFC 9112 section 9.6).
 */
export function lingeringClose(
  socket: Socket,
  bounds: { readonly lingerBytes: number; readonly lingerMs: number },
): void {
  if (socket.destroyed) return
  const bytesBefore = socket.bytesRead
  let leftMs = bounds.lingerMs
  socket.end()
  socket.resume()
  const timer = setInterval(() => {
    leftMs -= POLL_MS
    if (leftMs <= 0 || socket.bytesRead - bytesBefore > bounds.lingerBytes) socket.destroy()
  }, POLL_MS)
  timer.unref()
  socket.once('close', () => clearInterval(timer))
}
