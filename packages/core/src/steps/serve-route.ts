import type { Readable } from 'node:stream'
import { ProxyError } from '../errors.js'
import type { RouteCall } from '../ports/dialect.js'
import type { IncomingCall, OpenAnswer } from '../ports/exchange.js'
import { bodyFailure, bodyTooLarge } from '../upload-body.js'

/** Bodies of management routes and token requests are small. */
const maxRouteBodyBytes = 1024 * 1024

/** Serves a management route: web-standard objects, off the hot path. */
export async function serveRoute(
  route: RouteCall,
  incoming: IncomingCall,
  open: OpenAnswer,
  requestId: string,
): Promise<void> {
  const body = incoming.body === undefined ? undefined : await readBody(incoming.body)
  const request = toRequest(incoming, body)
  const response = await route.respond(request, { requestId, remoteAddress: incoming.remoteAddress })
  const bytes = Buffer.from(await response.arrayBuffer())
  const headers: string[] = []
  for (const [name, value] of response.headers) headers.push(name, value)
  if (response.status !== 204 && response.status !== 304) headers.push('content-length', String(bytes.length))
  headers.push('x-request-id', requestId)
  const sink = open({ status: response.status, headers })
  if (incoming.method === 'HEAD') sink.end()
  else sink.end(bytes)
}

function toRequest(incoming: IncomingCall, body: Buffer | undefined): Request {
  const headers = new Headers()
  for (let index = 0; index < incoming.headers.length; index += 2) {
    headers.append(incoming.headers[index] as string, incoming.headers[index + 1] as string)
  }
  // The length in the answer to HEAD is that of GET's body (RFC 9110, 8.6), which has to be made for it.
  const method = incoming.method === 'HEAD' ? 'GET' : incoming.method
  const init: RequestInit = { method, headers }
  if (body !== undefined && body.length > 0 && method !== 'GET') init.body = new Uint8Array(body)
  try {
    return new Request(`http://proxy.invalid${incoming.target}`, init)
  } catch (error) {
    throw new ProxyError('invalid_request', 'The request target or method is not valid.', { cause: error })
  }
}

async function readBody(source: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of source) {
      length += chunk.length
      if (length > maxRouteBodyBytes) throw bodyTooLarge(maxRouteBodyBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    throw bodyFailure(error)
  }
  return Buffer.concat(chunks)
}
