import { manualClock, testLease, testRateLimiter, testStorage } from '@proxy/conformance'
import { memoryLeaseStore } from '../memory-lease-store.js'
import { memoryRateLimiter } from '../memory-rate-limiter.js'
import { memoryStorage } from '../memory-storage.js'
import type { Channel } from './channel.js'
import { connectSharedState, type SharedState } from './shared-state.js'
import { createStateHub } from './state-hub.js'

/** Two ends that pass JSON later, in order, as processes do. */
function channelPair(): readonly [Channel, Channel] {
  const listeners: [((message: unknown) => void)[], ((message: unknown) => void)[]] = [[], []]
  const end = (own: 0 | 1, other: 0 | 1): Channel => ({
    send(message) {
      const text = JSON.stringify(message)
      setImmediate(() => {
        for (const listener of listeners[other]) listener(JSON.parse(text))
      })
    },
    onMessage: (listener) => listeners[own].push(listener),
    onClose() {},
  })
  return [end(0, 1), end(1, 0)]
}

function makeShared(): { clock: ReturnType<typeof manualClock>; connect(): SharedState } {
  const clock = manualClock()
  const hub = createStateHub()
  const parts = {
    storage: memoryStorage({ clock, onChange: hub.announce }),
    rateLimiter: memoryRateLimiter({ clock }),
    leases: memoryLeaseStore({ clock }),
  }
  return {
    clock,
    connect() {
      const [here, there] = channelPair()
      hub.serve(here, parts)
      return connectSharedState(there, { clock })
    },
  }
}

testStorage('the shared storage', () => {
  const { clock, connect } = makeShared()
  return { storage: connect().storage, now: clock.now, passTime: clock.advance }
})

testRateLimiter('the shared rate limiter', () => {
  const { clock, connect } = makeShared()
  return { limiter: connect().rateLimiter, now: clock.now, passTime: clock.advance, toleranceMs: 0 }
})

testLease('the shared leases', () => {
  const { clock, connect } = makeShared()
  return { leases: connect().leases, otherLeases: connect().leases, passTime: clock.advance }
})
