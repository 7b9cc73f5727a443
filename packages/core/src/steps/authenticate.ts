import type { Authenticator, Caller } from '../ports/authenticator.js'
import type { ProxyCall } from '../ports/dialect.js'
import { requireOrigin, requireScope } from '../scopes.js'

/** Who asks. Throws `missing_token`, `invalid_token` or `insufficient_scope`; then what is wrong with the call itself. */
export function authenticate(
  call: ProxyCall,
  remoteAddress: string,
  authenticator: Authenticator,
): Caller | Promise<Caller> {
  const caller = authenticator.authenticate(call.bearer, remoteAddress)
  return caller instanceof Promise ? caller.then((proven) => mayProxy(proven, call)) : mayProxy(caller, call)
}

function mayProxy(caller: Caller, call: ProxyCall): Caller {
  requireScope(caller.scopes, 'connect:proxy')
  requireOrigin(caller, call.origin)
  if (call.fault !== undefined) throw call.fault
  return caller
}
