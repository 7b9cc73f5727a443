import { constants } from 'node:os'

const draining = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Runs `drain` on the first signal and exits with 0 when it has ended, or with 1 when it failed. A second signal exits
 * at once, after `kill`, with 128 and its number.
 */
export function drainOnSignal(drain: (signal: string) => Promise<void>, kill: () => void): void {
  let isDraining = false
  for (const signal of draining) {
    process.on(signal, () => {
      if (isDraining) {
        kill()
        process.exit(128 + constants.signals[signal])
      }
      isDraining = true
      drain(signal).then(
        () => process.exit(0),
        () => process.exit(1),
      )
    })
  }
}
