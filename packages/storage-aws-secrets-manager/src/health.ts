import type { PartEvent } from '@proxy/core'
import type { ServiceFault } from './service-fault.js'

/** Tells when Secrets Manager stops serving this process, and when it serves it again. */
export interface Health {
  failed(fault: ServiceFault): void
  served(): void
}

export function createHealth(onEvent: (event: PartEvent) => void): Health {
  const part = 'secretsManager'
  let isFailing = false

  return {
    failed(fault) {
      if (isFailing) return
      isFailing = true
      onEvent({ type: 'part', part, state: 'degraded', reason: fault.message })
    },
    served() {
      if (!isFailing) return
      isFailing = false
      onEvent({ type: 'part', part, state: 'ok', reason: undefined })
    },
  }
}
