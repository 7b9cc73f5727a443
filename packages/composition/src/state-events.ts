import type { PartEvent } from '@proxy/core'

export interface StateListener {
  onPart(event: PartEvent): void
  /** A stored record was refused; the text names it and shows nothing of it. */
  onRefusal(text: string): void
}

/** What the parts that hold state tell. Who begins to listen later hears of what is degraded by then. */
export interface StateEvents extends StateListener {
  listen(listener: StateListener): void
}

export function stateEvents(): StateEvents {
  const degraded = new Map<string, PartEvent>()
  const listeners: StateListener[] = []

  return {
    onPart(event) {
      if (event.state === 'degraded') degraded.set(event.part, event)
      else degraded.delete(event.part)
      for (const listener of listeners) listener.onPart(event)
    },
    onRefusal(text) {
      for (const listener of listeners) listener.onRefusal(text)
    },
    listen(listener) {
      listeners.push(listener)
      for (const event of degraded.values()) listener.onPart(event)
    },
  }
}
