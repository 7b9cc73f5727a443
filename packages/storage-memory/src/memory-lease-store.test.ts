import { manualClock, testLease } from '@proxy/conformance'
import { memoryLeaseStore } from './memory-lease-store.js'

testLease('memoryLeaseStore', () => {
  const clock = manualClock()
  const leases = memoryLeaseStore({ clock })
  return { leases, otherLeases: leases, passTime: clock.advance }
})
