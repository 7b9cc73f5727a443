import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { type IncomingCall, ProxyError, type ResponseHead } from '@proxy/core'
import { flushSoon } from './flush-soon.js'
import type { RequestLimits } from './limits.js'
import { lingeringClose } from './linger.js'
import type { RequestBody } from './request-body.js'

/** A rest of an upload that is read and dropped rather than closing the connection over it. */
const DROPPED_REST_BYTES = 64 * 1024

/** What a call needs of the connections it may end. */
export interface CallConnections {
  readonly limits: RequestLimits
  /** Makes Node's close at the end of an answer a lingering one. */
  closeAfterAnswer(socket: Socket): void
}

/** One request and its answer on a Node connection. */
export class NodeCall implements IncomingCall {
  readonly method: string
  readonly target: string
  readonly headers: readonly string[]
  readonly body: RequestBody | undefined
  /** Kept by the list of calls in flight. */
  place = -1
  /** The connection closes after this answer. */
  #isLast: boolean
  /** The same for a head that went out without saying so. */
  #closesAtEnd = false
  #callerLeft: (() => void) | undefined
  #unsentAtLastLook = -1
  #writtenAtLastLook = -1
  #idleMs = 0
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #connections: CallConnections

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    body: RequestBody | undefined,
    isLast: boolean,
    connections: CallConnections,
  ) {
    this.method = request.method ?? ''
    this.target = request.url ?? ''
    this.headers = request.rawHeaders
    this.body = body
    this.#isLast = isLast
    this.#request = request
    this.#response = response
    this.#connections = connections
  }

  get remoteAddress(): string {
    return this.#request.socket.remoteAddress ?? ''
  }

  get socket(): Socket {
    return this.#request.socket
  }

  /** True when an answer has begun, or nobody is left to get one. */
  get isOpen(): boolean {
    return this.#response.headersSent || this.#response.destroyed
  }

  get isDone(): boolean {
    return this.#response.writableFinished || this.#response.destroyed
  }

  onCallerLeft(listener: () => void): void {
    if (this.#response.destroyed && !this.#response.writableFinished) listener()
    else this.#callerLeft = listener
  }

  /** To be called when the response has closed. */
  closed(): void {
    const listener = this.#callerLeft
    this.#callerLeft = undefined
    if (this.#response.writableFinished) {
      this.body?.destroy() // an answer without a look at it: what is still to come is dropped
    } else {
      listener?.()
      this.body?.cut()
    }
  }

  open(head: ResponseHead): Writable {
    const response = this.#response
    const { headers } = head
    if (this.#isLast || this.#leavesRest()) {
      // A head with `connection` in it makes Node close the socket at the end, over whatever is still to be read.
      headers.push('connection', 'close')
      this.#connections.closeAfterAnswer(this.socket)
    }
    response.writeHead(head.status, headers)
    if (this.#request.httpVersion === '1.0') cutWithReset(response, this.socket)
    flushSoon(response)
    return response
  }

  /** Says in the head, if it is not out yet, that the connection closes after this answer, and closes it. */
  announceLast(): void {
    this.#isLast = true
  }

  /** Closes the connection after this answer, whether its head is out or not. */
  makeLast(): void {
    if (this.#response.headersSent && !this.#closesAtEnd) {
      this.#closesAtEnd = true
      this.#response.once('finish', () => lingeringClose(this.socket, this.#connections.limits))
    }
    this.announceLast()
  }

  /** The request turned out to be malformed behind its head. */
  fail(error: ProxyError): void {
    this.makeLast()
    this.body?.destroy(error)
  }

  /** True while request bytes are still to come. */
  get isIncomplete(): boolean {
    return !this.#request.complete
  }

  /** To be called every `elapsedMs`: ends what a caller keeps waiting for too long. */
  endWhenIdle(elapsedMs: number): void {
    if (this.body?.isIdle(elapsedMs, this.#connections.limits.bodyIdleTimeoutMs)) {
      this.fail(new ProxyError('invalid_request', 'The request body stopped before its end.'))
    }
    const { socket } = this
    const { writableLength, bytesWritten } = socket
    const stalls =
      writableLength > 0 && writableLength === this.#unsentAtLastLook && bytesWritten === this.#writtenAtLastLook
    this.#unsentAtLastLook = writableLength
    this.#writtenAtLastLook = bytesWritten
    this.#idleMs = stalls ? this.#idleMs + elapsedMs : 0
    if (this.#idleMs >= this.#connections.limits.readerIdleTimeoutMs) socket.destroy()
  }

  /** An early answer: the caller still sends, and more than is worth reading. */
  #leavesRest(): boolean {
    if (this.body === undefined || this.#request.complete) return false
    const length = this.#request.headers['content-length']
    return length === undefined || Number(length) > DROPPED_REST_BYTES || this.body.awaitsContinue
  }
}

/** Without chunks or a length the end of the connection is the end of the body, so that a cut must not look like one. */
function cutWithReset(response: ServerResponse, socket: Socket): void {
  response.destroy = (error) => {
    if (socket.constructor.name === 'TLSSocket') socket.destroy(error)
    else socket.resetAndDestroy()
    return response
  }
}
