import { Writable } from 'node:stream'
import {
  type Clock,
  checkRequest,
  describeRefusal,
  findHeader,
  type IncomingCall,
  ProxyError,
  type ResponseHead,
  systemClock,
  type Timer,
} from '@proxy/core'
import { frameBody } from './events/frame-body.js'
import type { Front } from './events/front.js'
import type { JsonRecord } from './events/json-record.js'
import { type PathRules, readEvent } from './events/read-event.js'
import type { CallHandler, LambdaContext, LambdaOptions } from './handler-options.js'
import { createLambdaCall, type LambdaCall } from './lambda-call.js'
import { defaultLambdaLimits, type LambdaLimits } from './limits.js'
import type { Outlet } from './outlet.js'
import { whileAwake } from './while-awake.js'

/** What all calls of a function share. */
export interface ServeParts {
  readonly handler: CallHandler
  readonly limits: LambdaLimits
  readonly options: LambdaOptions
  readonly pathRules: PathRules
  readonly clock: Clock
}

export function serveParts(handler: CallHandler, options: LambdaOptions): ServeParts {
  return {
    handler,
    limits: { ...defaultLambdaLimits, ...options.limits },
    options,
    pathRules: { basePath: options.basePath ?? '', restorePath: options.restorePath ?? ((path) => path) },
    clock: options.clock ?? systemClock(),
  }
}

/** One event and where its answer goes. */
export interface Serving {
  /** Undefined for an event of no known form. */
  readonly front: Front | undefined
  readonly event: unknown
  readonly context: LambdaContext
  readonly outlet: Outlet
  /** Bytes of a body that the outlet takes. */
  readonly maxBytes: number
  /** From now until the front stops waiting. */
  readonly patienceMs: number
}

/** Serves one event. Rejects when its answer was cut, once all that depends on it has been told. */
export class EventServer {
  readonly #parts: ServeParts
  readonly #serving: Serving
  #call: LambdaCall | undefined
  #isGivenUp = false
  /** What the event asks for, before it is known to be a proper request. */
  #asked: IncomingCall | undefined
  #timeUp = (): void => undefined

  constructor(parts: ServeParts, serving: Serving) {
    this.#parts = parts
    this.#serving = serving
  }

  async serve(): Promise<void> {
    await whileAwake(() => this.#serve())
  }

  async #serve(): Promise<void> {
    const { outlet } = this.#serving
    const timeUp = new Promise<void>((resolve) => {
      this.#timeUp = resolve
    })
    let handled: Promise<void> = Promise.resolve()
    let timer: Timer | undefined
    try {
      const call = this.#read()
      this.#call = call
      await pendingSocketEvents()
      timer = this.#parts.clock.after(this.#timeLeft(), () => {
        this.giveUp(timeIsUp())
        this.#timeUp()
      })
      handled = this.#handle(call)
    } catch (error) {
      if (!(error instanceof ProxyError)) this.#parts.options.onFault?.(error)
      this.giveUp(error instanceof ProxyError ? error : internalError())
    }
    try {
      await outlet.ended
      // What is told at the end of a call, such as its log line, is part of it: afterwards the process is frozen.
      await Promise.race([handled, timeUp])
    } finally {
      timer?.cancel()
    }
  }

  /** Answers with an error in place of whatever was coming, or cuts it when its head is out. */
  giveUp(error: ProxyError): void {
    if (this.#isGivenUp) return
    this.#isGivenUp = true
    this.#call?.leave()
    const { outlet } = this.#serving
    if (outlet.reset()) this.#refuse(error)
    else outlet.cut(error)
  }

  /** Nobody takes the answer any more. */
  leave(): void {
    this.#call?.leave()
  }

  #read(): LambdaCall {
    const { front, event } = this.#serving
    const { limits, pathRules } = this.#parts
    if (front === undefined) {
      throw new ProxyError(
        'invalid_request',
        'The event is of no known form: see the fronts that can call this function.',
      )
    }
    const request = readEvent(front, event as JsonRecord, pathRules)
    const { method, target, headers, body } = request
    // What is no path is in no wire form.
    if (target.startsWith('/')) this.#asked = { ...request, body: undefined, onCallerLeft: () => undefined }
    const framing = checkRequest({ method, target, httpVersion: '1.1', rawHeaders: headers }, limits)
    return createLambdaCall(
      { ...request, headers: frameBody(headers, framing, body?.length ?? 0) },
      limits.maxRequestBytes,
    )
  }

  async #handle(call: LambdaCall): Promise<void> {
    try {
      await this.#parts.handler.handle(call, (head) => this.#open(head, call))
      if (!this.#serving.outlet.isOpen && !this.#isGivenUp) throw new Error('The handler gave no answer.')
    } catch (error) {
      this.#parts.options.onFault?.(error)
      this.giveUp(internalError())
    }
  }

  #open(head: ResponseHead, call: LambdaCall): Writable {
    if (this.#isGivenUp) return deadEnd()
    const { outlet, maxBytes } = this.#serving
    const declared = call.method === 'HEAD' ? undefined : findHeader(head.headers, 'content-length')
    if (declared !== undefined && Number(declared) > maxBytes) {
      this.giveUp(tooLarge(maxBytes))
      return deadEnd()
    }
    return outlet.open(head)
  }

  #refuse(error: ProxyError): void {
    const { status, headers, body } = this.#describe(error)
    const sink = this.#serving.outlet.open({ status, headers })
    if (this.#asked?.method === 'HEAD') sink.end()
    else sink.end(body)
  }

  /** In the dialect's spelling where the event names a path; what names none is in no dialect. */
  #describe(error: ProxyError): ResponseHead & { readonly body: string } {
    const call = this.#asked
    return describeRefusal(error, call && this.#parts.options.describeError?.(error, call))
  }

  #timeLeft(): number {
    const { context, patienceMs } = this.#serving
    const leftMs = Math.min(context.getRemainingTimeInMillis(), patienceMs)
    return Math.max(0, leftMs - Math.min(this.#parts.limits.timeMarginMs, leftMs / 4))
  }
}

/**
 * Lets what happened to sockets while the process was frozen be seen before one of them is used: two turns of the event
 * loop, since the first may be the rest of the one that the event came in.
 */
async function pendingSocketEvents(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
}

export function tooLarge(maxBytes: number): ProxyError {
  return new ProxyError('response_too_large', `The answer is longer than the ${maxBytes} bytes that can be passed on.`)
}

/** In place of a buffered answer that did not come to its end. */
export function brokenOff(): ProxyError {
  return new ProxyError('upstream_protocol', "The upstream's answer broke off.")
}

function timeIsUp(): ProxyError {
  return new ProxyError('upstream_timeout', "The function's time was up before the answer had come.")
}

function internalError(): ProxyError {
  return new ProxyError('internal_error', 'The proxy failed to handle this call.')
}

/** For an answer that comes too late: whoever fills it sees at once that nobody takes it. */
function deadEnd(): Writable {
  const sink = new Writable({ write: (_chunk, _encoding, callback) => callback() })
  sink.on('error', () => undefined)
  return sink.destroy()
}
