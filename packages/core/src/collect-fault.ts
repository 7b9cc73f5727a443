import { AppFault } from './app.js'

/** Runs `compile`, and keeps the fault that it throws, so that the next part can be looked at too. */
export function collectFault(faults: AppFault[], compile: () => void): void {
  try {
    compile()
  } catch (error) {
    if (!(error instanceof AppFault)) throw error
    faults.push(error)
  }
}
