import type { Channel } from './channel.js'
import type { SharedStateMessage } from './messages.js'

/** Collects what is to be sent until the end of the turn, because a message costs much more than what is in it. */
export interface Outbox<Part> {
  add(part: Part): void
}

export function createOutbox<Part>(
  channel: Channel,
  wrap: (parts: readonly Part[]) => SharedStateMessage['sharedState'],
): Outbox<Part> {
  let parts: Part[] = []

  return {
    add(part) {
      parts.push(part)
      if (parts.length > 1) return
      queueMicrotask(() => {
        const sharedState = wrap(parts)
        parts = []
        channel.send({ sharedState } satisfies SharedStateMessage)
      })
    },
  }
}
