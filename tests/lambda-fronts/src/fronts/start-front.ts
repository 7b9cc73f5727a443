import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type BufferedAnswer, headersOf } from './front-answer.js'
import type { Invoke } from './invoke.js'
import { type FrontKind, makeEvent } from './make-event.js'
import { sendStreamed } from './send-streamed.js'

/** An HTTP server that hands requests to a function as the front of its kind does. */
export interface RunningFront {
  /** Without a slash at the end. */
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

/** What Lambda takes as an event of a call that is waited for. */
const eventBytes = 6 * 1024 * 1024

export async function startFront(kind: FrontKind, invoke: Invoke): Promise<RunningFront> {
  const server = createServer({ requireHostHeader: false, maxHeaderSize: 64 * 1024 }, (request, response) => {
    serve(kind, invoke, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function serve(kind: FrontKind, invoke: Invoke, request: IncomingMessage, response: ServerResponse) {
  const { method = '', url = '', rawHeaders, socket } = request
  const body = await buffer(request)
  const at = url.indexOf('?')
  const taken = {
    method,
    path: at === -1 ? url : url.slice(0, at),
    query: at === -1 ? '' : url.slice(at + 1),
    headers: rawHeaders,
    body,
    sourceIp: socket.remoteAddress ?? '',
  }
  if (
    JSON.stringify(makeEvent(kind, { ...taken, body: Buffer.alloc(0) })).length + body.length * (4 / 3) >
    eventBytes
  ) {
    return own(response, 413, 'Request must be smaller than 6291456 bytes for the InvokeFunction operation')
  }
  const invoked = await invoke(makeEvent(kind, taken))
  if (invoked.kind === 'failed') return own(response, 502, 'Internal Server Error')
  if (invoked.kind === 'streamed') return await sendStreamed(invoked.stream, method, response)
  const tooLong = kind.startsWith('balancer') && invoked.payload.length > 1024 * 1024
  if (tooLong) own(response, 502, 'Bad Gateway')
  else sendBuffered(invoked.payload, method, response)
}

function sendBuffered(payload: Buffer, method: string, response: ServerResponse): void {
  const answer = JSON.parse(payload.toString()) as BufferedAnswer
  const { statusCode, body, isBase64Encoded } = answer
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
  const headers = headersOf(answer)
  const isBodiless = method === 'HEAD' || statusCode === 204 || statusCode === 304
  const kept = isBodiless
    ? headers
    : [
        ...headers.filter((_, index) => headers[index - (index % 2)] !== 'content-length'),
        'content-length',
        String(bytes.length),
      ]
  response.writeHead(statusCode, kept)
  response.end(isBodiless ? undefined : bytes)
}

/** What the front says for itself; it is not the proxy's answer. */
function own(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-own-answer-of': 'the front' })
  response.end(JSON.stringify({ message }))
}
