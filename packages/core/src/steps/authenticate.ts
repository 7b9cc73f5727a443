import type { Authenticator, Caller } from '../ports/authenticator.js'
import type { ProxyCall } from '../ports/dialect.js'
import { requireScope } from '../scopes.js'

/** Who asks. Throws `missing_token`, `invalid_token` or `insufficient_scope`. */
export function authenticate(
  call: ProxyCall,
  remoteAddress: string,
  authenticator: Authenticator,
): Caller | Promise<Caller> {
  const caller = authenticator.authenticate(call.bearer, remoteAddress)
  return caller instanceof Promise ? caller.then(mayProxy) : mayProxy(caller)
}

function mayProxy(caller: Caller): Caller {
  requireScope(caller.scopes, 'connect:proxy')
  return caller
}
