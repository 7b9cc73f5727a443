import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'

/**
 * Cores that this process may run on, whichever share of their time it gets: two processes with half of the time of four
 * cores do well on two of them.
 */
export function usableCores(status = readStatus()): number {
  const mask = /^Cpus_allowed:\s*([\da-f,]+)$/m.exec(status)?.[1]
  if (mask === undefined) return availableParallelism()
  const allowed = [...mask.replaceAll(',', '')].reduce((sum, digit) => sum + bitsOf(Number.parseInt(digit, 16)), 0)
  // The mask may have a bit for cores that the machine could have.
  return Math.max(1, Math.min(allowed, cpus().length))
}

/** Empty where it is not to be had: on other systems than Linux. */
function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8')
  } catch {
    return ''
  }
}

const bitsOf = (digit: number): number => (digit & 1) + ((digit >> 1) & 1) + ((digit >> 2) & 1) + (digit >> 3)
