import type { IncomingCall } from '@proxy/core'
import type { CallHeaders } from './read-headers.js'

const loopbackAddress = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/
const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/**
 * True for a call that a program of this machine made itself: neither through another proxy nor from a web page, which
 * could reach this address by a name of its own.
 */
export function isLocalCall(incoming: IncomingCall, headers: CallHeaders): boolean {
  return (
    loopbackAddress.test(incoming.remoteAddress) &&
    loopbackHost.test(headers.host ?? '') &&
    headers.origin === undefined &&
    !headers.isForwarded
  )
}
