import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'

/**
 * True where nothing else has the machine: `npm run test:redis-faults`. There it is judged how long things take. Elsewhere
 * what has to happen is waited for, since a busy machine decides when.
 */
const judgesTime = process.env.REDIS_FAULTS === '1'

const patienceMs = 45_000

export function expectWithin(tookMs: number, boundMs: number): void {
  if (judgesTime) expect(tookMs).toBeLessThan(boundMs)
}

/** Milliseconds until it is so. */
export async function timeUntil(isSo: () => Promise<boolean> | boolean): Promise<number> {
  const startedAt = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedAt > patienceMs) throw new Error('It did not come about.')
    await pause(20)
  }
  return performance.now() - startedAt
}
