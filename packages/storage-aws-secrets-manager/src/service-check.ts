import type { Clock } from '@proxy/core'
import type { Attempts } from './attempts.js'
import type { Health } from './health.js'
import { isFault, ServiceFault } from './service-fault.js'

export interface ServiceCheckOptions {
  readonly attempts: Attempts
  readonly health: Health
  readonly clock: Pick<Clock, 'now'>
  /** Asks the service for something small. */
  readonly probe: () => Promise<unknown>
}

/** An answer that is no older than this will do. */
const answerLifeMs = 30_000
const firstPauseMs = 250
const longestPauseMs = 5_000

/**
 * Rejects with a `ServiceFault` while the service does not serve this process. Any number of checks at a time make one
 * call, and after each failure the next call waits longer.
 */
export function serviceCheck({ attempts, health, clock, probe }: ServiceCheckOptions): () => Promise<void> {
  let flight: Promise<void> | undefined
  let fault: ServiceFault | undefined
  let pauseMs = firstPauseMs
  let pausedUntil = 0

  async function ask(): Promise<void> {
    try {
      await probe()
      fault = undefined
      pauseMs = firstPauseMs
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error
      if (isFault(error, 'refused')) health.failed(error)
      fault = error
      pausedUntil = clock.now() + pauseMs
      pauseMs = Math.min(longestPauseMs, 2 * pauseMs)
      throw error
    } finally {
      flight = undefined
    }
  }

  return async () => {
    if (clock.now() < attempts.lastAnswerAt + answerLifeMs) return
    if (fault !== undefined && clock.now() < pausedUntil) throw fault
    flight ??= ask()
    await flight
  }
}
