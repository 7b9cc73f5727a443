import type { Clock } from './ports/clock.js'
import type { Lease } from './ports/lease.js'

/** Outlives a process that is stopped for a while in the middle of an exchange, so that nobody spends its grant again. */
export const leaseMs = 30_000
const heartbeatMs = 10_000

export interface HeldLease {
  /** False once the lease was lost, or may have been: the process stood still for longer than it lasts. */
  isSure(): boolean
  stop(): void
}

/** Renews a lease until `stop`. */
export function holdLease(lease: Lease, clock: Clock): HeldLease {
  let sureUntil = clock.now() + leaseMs
  let isLost = false
  let timer = clock.after(heartbeatMs, beat)

  function beat(): void {
    timer = clock.after(heartbeatMs, beat)
    const askedAt = clock.now()
    lease.renew().then(
      (isRenewed) => {
        if (isRenewed) sureUntil = Math.max(sureUntil, askedAt + leaseMs)
        else isLost = true
      },
      () => undefined, // Nobody knows: it is sure for as long as it was.
    )
  }

  return {
    isSure: () => !isLost && clock.now() < sureUntil,
    stop: () => timer.cancel(),
  }
}
