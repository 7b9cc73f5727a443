import { ProxyError } from '@proxy/core'

/** For an event that contradicts itself, or has something else than its form says. */
export function malformed(message: string): ProxyError {
  return new ProxyError('invalid_request', message)
}
