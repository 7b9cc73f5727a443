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

/** What all calls of a server share. */
export interface CallRules {
  readonly limits: RequestLimits
  /** What the header `keep-alive` says; undefined leaves it to Node. */
  readonly keepAlive: string | undefined
  /** Every answer whose head is not out yet closes its connection. */
  isEnding: boolean
  /** Makes Node's close at the end of an answer a lingering one. */
  closeAfterAnswer(socket: Socket): void
}

/** One request and its answer on a Node connection. */
export class NodeCall implements IncomingCall {
  readonly method: string
  readonly target: string
  readonly headers: readonly string[]
  readonly body: RequestBody | undefined
  /** The connection closes after this answer. */
  #isLast = false
  /** The same for a head that went out without saying so. */
  #closesAtEnd = false
  #callerLeft: (() => void) | undefined
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #rules: CallRules

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    body: RequestBody | undefined,
    rules: CallRules,
  ) {
    this.method = request.method ?? ''
    this.target = target
    this.headers = request.rawHeaders
    this.body = body
    this.#request = request
    this.#response = response
    this.#rules = rules
    if (body !== undefined) response.once('close', () => this.#dropBody())
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

  /** True when all of the answer was given; some of it may still be on its way. */
  get isAnswered(): boolean {
    return this.#response.writableEnded || this.#response.destroyed
  }

  get isDone(): boolean {
    return this.#response.writableFinished || this.#response.destroyed
  }

  /** True while request bytes are still to come. */
  get isIncomplete(): boolean {
    return !this.#request.complete
  }

  onCallerLeft(listener: () => void): void {
    if (this.#response.destroyed && !this.#response.writableFinished) listener()
    else this.#callerLeft = listener
  }

  connectionClosed(): void {
    if (this.#response.writableFinished) return
    const listener = this.#callerLeft
    this.#callerLeft = undefined
    listener?.()
    this.body?.cut()
  }

  open(head: ResponseHead): Writable {
    const response = this.#response
    const headers = head.headers.slice() // the handler's own list stays as it is
    if (this.#isLast || this.#rules.isEnding || this.#leavesRest()) {
      // A head with `connection` in it makes Node close the socket at the end, over whatever is still to be read.
      headers.push('connection', 'close')
      this.#rules.closeAfterAnswer(this.socket)
    } else if (this.#rules.keepAlive !== undefined && response.shouldKeepAlive && this.#request.httpVersion === '1.1') {
      headers.push('keep-alive', this.#rules.keepAlive)
    }
    response.writeHead(head.status, headers)
    if (this.#request.httpVersion === '1.0') cutWithReset(response, this.socket)
    if (head.isWhole !== true) flushSoon(response)
    return response
  }

  /** Closes the connection after this answer, whether its head is out or not. */
  makeLast(): void {
    if (this.#response.headersSent && !this.#closesAtEnd) {
      this.#closesAtEnd = true
      this.#response.once('finish', () => lingeringClose(this.socket, this.#rules.limits))
    }
    this.#isLast = true
  }

  /** The request turned out to be malformed behind its head. */
  fail(error: ProxyError): void {
    this.makeLast()
    this.body?.destroy(error)
  }

  /** To be called every `elapsedMs`. */
  endWhenBodyIdle(elapsedMs: number): void {
    if (this.body?.isIdle(elapsedMs, this.#rules.limits.bodyIdleTimeoutMs)) {
      this.fail(new ProxyError('invalid_request', 'The request body stopped before its end.'))
    }
  }

  /** An answer without a look at the body, or at all of it: what is still to come is dropped. */
  #dropBody(): void {
    if (this.#response.writableFinished) this.body?.destroy()
    else this.body?.cut()
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
