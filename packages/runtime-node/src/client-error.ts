import type { Socket } from 'node:net'
import { ProxyError } from '@proxy/core'
import { lingeringClose } from './linger.js'
import type { NodeFront } from './node-front.js'
import { refusalBytes } from './refusal.js'

/** What Node reports when a connection's bytes are no request. */
interface ClientError extends Error {
  readonly code?: string
  /** The bytes that the parser was at. */
  readonly rawPacket?: Buffer
  readonly bytesParsed?: number
}

/** Answers bytes that are no request with a complete 4xx, and closes. Safe to call again for the same connection. */
export function createClientErrorListener(front: NodeFront): (error: ClientError, socket: Socket) => void {
  return (error, socket) => {
    const call = front.callOf(socket)
    if (call?.isIncomplete) {
      // The fault is in its own body or trailers.
      front.stopReading(socket)
      call.fail(describeFault(error, front))
      return
    }
    // The rest of what was refused once is parsed, and fails, again.
    if (front.stopReading(socket)) return
    if (!isAnswerable(error, socket)) {
      socket.destroy()
    } else if (call === undefined) {
      socket.write(refusalBytes(describeFault(error, front)))
      lingeringClose(socket, front.limits)
    } else {
      // The bytes behind it make no request, and an answer to them must not overtake the one that is due.
      call.makeLast()
    }
  }
}

function isAnswerable(error: ClientError, socket: Socket): boolean {
  if (!socket.writable || socket.bytesRead === 0) return false
  return error.code?.startsWith('HPE_') === true || error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
}

function describeFault(error: ClientError, front: NodeFront): ProxyError {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ProxyError('invalid_request', 'The request head did not arrive in time.')
    case 'HPE_HEADER_OVERFLOW':
      return endsInTarget(error)
        ? new ProxyError('uri_too_long', `The request target is longer than ${front.limits.maxTargetBytes} bytes.`)
        : new ProxyError('headers_too_large', `The header fields are longer than ${front.limits.maxHeaderBytes} bytes.`)
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new ProxyError('invalid_request', 'The chunk extensions of the request are too long.')
    case 'HPE_INVALID_METHOD':
      if (startsWithTrack(error)) return new ProxyError('method_not_allowed', 'TRACK is not allowed.')
      break
    default:
  }
  return new ProxyError('invalid_request', 'The request is not well-formed HTTP/1.1.')
}

/** Nothing but empty lines, or the end of another request, stands before the line that the parser was in. */
function endsInTarget(error: ClientError): boolean {
  if (error.rawPacket === undefined) return false
  const start = lineStart(error)
  return /^(?:\r\n)*$/.test(error.rawPacket.toString('latin1', Math.max(0, start - 4), start))
}

/** The one method that security scanners try and Node's parser does not know. */
function startsWithTrack(error: ClientError): boolean {
  const start = lineStart(error)
  return error.rawPacket?.toString('latin1', start, start + 6) === 'TRACK '
}

/** Where the line begins that the parser was in; 0 when that was in an earlier packet. */
function lineStart({ rawPacket, bytesParsed = 0 }: ClientError): number {
  return rawPacket === undefined || bytesParsed === 0 ? 0 : rawPacket.lastIndexOf('\n', bytesParsed - 1) + 1
}
