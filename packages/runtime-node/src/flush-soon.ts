import type { ServerResponse } from 'node:http'

let waiting: ServerResponse[] = []

/**
 * Sends a head by itself if no byte of the body has joined it by the end of this turn of the event loop: one write
 * instead of two where the body is at hand, and no head kept back where it is not.
 */
export function flushSoon(response: ServerResponse): void {
  if (waiting.push(response) === 1) setImmediate(flush)
}

function flush(): void {
  const responses = waiting
  waiting = []
  for (const response of responses) {
    if (!response.writableEnded && !response.destroyed) response.flushHeaders()
  }
}
