import type { Clock } from '@proxy/core'
import type { Health } from './health.js'
import { isFault, ServiceFault, toServiceFault } from './service-fault.js'

/** Runs a call of the service, again while it is away, for a bounded time. Rejects with a `ServiceFault`. */
export interface Attempts {
  run<T>(operation: string, call: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** When the service last answered a call of this process as it answers healthy ones, epoch milliseconds. */
  readonly lastAnswerAt: number
}

export interface AttemptsOptions {
  readonly clock: Clock
  readonly health: Health
  /** For all tries of a call and the pauses between them. */
  readonly budgetMs: number
  /** From 0 to 1. */
  readonly random: () => number
}

const longestPauseMs = 500
/** How long nobody asks after the service did not take this process's credentials. */
const identityPauseMs = 1_000

export function createAttempts({ clock, health, budgetMs, random }: AttemptsOptions): Attempts {
  let lastAnswerAt = Number.NEGATIVE_INFINITY
  let identityFault: ServiceFault | undefined
  let pausedUntil = 0

  function answered(): void {
    lastAnswerAt = clock.now()
    health.served()
  }

  return {
    get lastAnswerAt() {
      return lastAnswerAt
    },
    async run(operation, call) {
      if (identityFault !== undefined && clock.now() < pausedUntil) throw identityFault
      const deadline = clock.now() + budgetMs
      const abort = new AbortController()
      const timeUp = new Promise<never>((_, reject) => {
        abort.signal.addEventListener('abort', () => reject(new ServiceFault('away', operation, 'no answer in time')))
      })
      const timer = clock.after(budgetMs, () => abort.abort())
      try {
        let earlier: ServiceFault | undefined
        for (let attempt = 0; ; attempt += 1) {
          try {
            const answer = await Promise.race([call(abort.signal), timeUp])
            answered()
            return answer
          } catch (error) {
            const fault = toServiceFault(error, operation)
            if (fault.kind !== 'refused' && fault.kind !== 'away') answered()
            if (fault.isIdentity) {
              identityFault = fault
              pausedUntil = clock.now() + identityPauseMs
            }
            const pauseMs = Math.min(longestPauseMs, 25 * 2 ** attempt) * (0.5 + random() / 2)
            if (!isFault(fault, 'away') || abort.signal.aborted || clock.now() + pauseMs >= deadline) {
              if (isFault(fault, 'away') || fault.isIdentity) health.failed(fault)
              // That time is up says less than why it was needed.
              throw abort.signal.aborted ? (earlier ?? fault) : fault
            }
            earlier = fault
            await new Promise<void>((resolve) => clock.after(pauseMs, resolve))
          }
        }
      } finally {
        timer.cancel()
        timeUp.catch(() => undefined)
      }
    },
  }
}
