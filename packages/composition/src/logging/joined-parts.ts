import type { Clock, PartEvent } from '@proxy/core'

const waitMs = 300

/** Parts that stop or go on working at the same moment, for the same reason, are told of in one event. */
export function joinParts(tell: (event: PartEvent) => void, clock: Clock): (event: PartEvent) => void {
  let waiting: PartEvent[] = []

  function flush(): void {
    const [first] = waiting
    if (first === undefined) return
    const reasons = new Set(waiting.flatMap(({ reason }) => reason ?? []))
    tell({
      type: 'part',
      part: [...new Set(waiting.map(({ part }) => part))].sort().join(', '),
      state: first.state,
      reason: reasons.size === 0 ? undefined : [...reasons].join('; '),
    })
    waiting = []
  }

  return (event) => {
    if (waiting.some(({ state }) => state !== event.state)) flush()
    waiting.push(event)
    if (waiting.length === 1) clock.after(waitMs, flush)
  }
}
