import type { Writable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Cancellation } from '../cancellation.js'
import { ProxyError } from '../errors.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { SendFailure, UpstreamLimits, UpstreamRequest, UpstreamResponse } from '../ports/transport.js'
import { UploadBody } from '../upload-body.js'
import { isPlainlyFramed, withoutLength } from './answer-framing.js'
import type { ParsedListener } from './answer-heads.js'
import { BoundedBuffer } from './bounded-buffer.js'
import { describeFailure, protocolFailure, timeoutFailure } from './describe-failure.js'
import { endTogether } from './end-together.js'
import { headerTexts } from './header-texts.js'
import type { Slot } from './origin.js'

/** A short body is kept whole while the head is on its way, so that small answers never hold up what is read. */
const heldBytesMax = 64 * 1024

/**
 * One request on one connection: undici's handler and the held-back response in one object, because each closure and
 * object here is paid for by every call.
 */
export class ExchangeHandler implements Dispatcher.DispatchHandler, UpstreamResponse, SendFailure, ParsedListener {
  status = 0
  headers: readonly string[] = []
  nothingSent = true
  readonly reusedSocket: boolean

  readonly #slot: Slot
  readonly #resolve: (response: UpstreamResponse) => void
  readonly #reject: (error: Error) => void
  readonly #clock: Clock
  readonly #limits: UpstreamLimits
  readonly #cancellation: Cancellation
  readonly #upload: UploadBody | undefined
  #timer: Timer
  #lastMoveAt: number
  #paused = false
  #headSeen = false
  #handedOver = false
  #ended = false
  failure: Error | undefined
  #held: Buffer[] = []
  #heldBytes = 0
  #sink: Writable | undefined
  #settleBody: { resolve: () => void; reject: (error: Error) => void } | undefined

  constructor(
    request: UpstreamRequest,
    limits: UpstreamLimits,
    cancellation: Cancellation,
    clock: Clock,
    slot: Slot,
    resolve: (response: UpstreamResponse) => void,
    reject: (error: Error) => void,
  ) {
    this.#slot = slot
    this.#resolve = resolve
    this.#reject = reject
    this.#clock = clock
    this.#limits = limits
    this.#cancellation = cancellation
    this.reusedSocket = slot.connected
    this.#lastMoveAt = 0
    this.#timer = clock.after(limits.headTimeoutMs, () => this.#onHeadDeadline())
    if (request.body instanceof UploadBody) {
      this.#upload = request.body
      this.#lastMoveAt = clock.now()
      request.body.onProgress = () => {
        this.#lastMoveAt = clock.now()
      }
    }
    cancellation.listen(() => this.#fail(new ProxyError('upstream_connect', 'The caller has left.')))
  }

  // What undici calls.

  onConnect(abort: (error?: Error) => void): void {
    if (this.failure !== undefined) {
      abort(this.failure)
      return
    }
    this.nothingSent = false
    this.#slot.heads.expect()
  }

  onHeaders(status: number, rawHeaders: Buffer[]): boolean {
    if (this.#headSeen || this.failure !== undefined) return true
    if (status < 200) return true
    if (status > 599 || !isPlainlyFramed(rawHeaders)) {
      this.#fail(protocolFailure(this))
      return true
    }
    this.#headSeen = true
    this.#timer.cancel()
    this.status = status
    const headers = headerTexts(rawHeaders)
    this.headers = status === 204 ? withoutLength(headers) : headers
    if (!this.#slot.heads.afterParsing(this)) this.#handOver()
    return true
  }

  onUpgrade(_status: number, _headers: unknown, socket: { destroy(): void }): void {
    socket.destroy()
    this.#fail(protocolFailure(this))
  }

  onData(chunk: Buffer): boolean {
    if (this.failure !== undefined) return true
    const sink = this.#sink
    if (sink === undefined) {
      if (this.#heldBytes === 0) this.#held = [chunk]
      else this.#held.push(chunk)
      this.#heldBytes += chunk.length
      if (this.#heldBytes > heldBytesMax) {
        this.#pause()
        this.#handOver()
      }
      return true
    }
    this.#lastMoveAt = this.#clock.now()
    if (!sink.write(chunk)) this.#pause()
    return true
  }

  onComplete(): void {
    this.#ended = true
    this.#timer.cancel()
    this.#slot.reads.reset()
    this.#slot.release()
    if (!this.#headSeen) {
      this.#fail(protocolFailure(this))
      return
    }
    // undici takes a reset for the end of a body that nothing but the end of its connection ends.
    const breach = this.#slot.writes.breach
    if (breach !== undefined && !this.#endsWithHead()) {
      this.#fail(describeFailure(breach, this))
      return
    }
    this.#handOver()
    if (this.#sink !== undefined) this.#finish(this.#sink)
  }

  /** An answer that breaks within its first bytes can still be refused as a whole, before the caller sees a head. */
  onParsed(isBroken: boolean): void {
    if (!isBroken) this.#handOver()
  }

  onError(error: Error): void {
    if (this.#ended) return
    // undici waits for the body that a Content-Length describes.
    if (this.#headSeen && this.failure === undefined && this.#endsWithHead()) {
      this.onComplete()
      return
    }
    this.#ended = true
    this.#slot.release()
    this.#fail(this.failure ?? describeFailure(error, this))
  }

  /** RFC 9110 8.6: whatever Content-Length these tell. */
  #endsWithHead(): boolean {
    return this.status === 204 || this.status === 304
  }

  // What the engine calls.

  get isWhole(): boolean {
    return this.#ended
  }

  pipe(sink: Writable): Promise<void> {
    if (this.failure !== undefined) {
      sink.destroy()
      return Promise.reject(this.failure)
    }
    this.#sink = sink
    const held = this.#held
    this.#held = []
    if (this.#ended) {
      this.#cancellation.listen(undefined)
      return endTogether(sink, held)
    }
    let ready = true
    for (const chunk of held) ready = sink.write(chunk)
    return new Promise((resolve, reject) => {
      this.#settleBody = { resolve, reject }
      const left = () => {
        if (!this.#ended) this.#fail(new ProxyError('upstream_connect', 'The reader of the answer has left.'))
      }
      sink.on('drain', () => this.#onDrain())
      sink.on('close', left)
      sink.on('error', left)
      this.#lastMoveAt = this.#clock.now()
      this.#timer = this.#clock.after(this.#limits.bodyIdleTimeoutMs, () => this.#onIdle())
      if (ready) this.#onDrain()
    })
  }

  async collect(maxBytes: number): Promise<Buffer> {
    const sink = new BoundedBuffer(maxBytes)
    try {
      await this.pipe(sink)
    } catch (error) {
      throw sink.overflowed ? protocolFailure(this) : error
    }
    if (sink.overflowed) throw protocolFailure(this)
    return sink.bytes()
  }

  discard(): void {
    if (!this.#ended) this.#fail(new ProxyError('upstream_connect', 'The answer was not wanted any more.'))
  }

  // Ends.

  #handOver(): void {
    if (this.#handedOver || this.failure !== undefined) return
    this.#handedOver = true
    this.#resolve(this)
  }

  #finish(sink: Writable): void {
    this.#cancellation.listen(undefined)
    sink.end()
    this.#settleBody?.resolve()
  }

  /** Rejects whoever waits, cuts the sink and frees the connection. */
  #fail(error: Error): void {
    this.#timer.cancel()
    if (this.failure === undefined) {
      this.failure = error
      this.#held = []
      if (!this.#handedOver) {
        this.#cancellation.listen(undefined)
        this.#reject(error)
      } else if (this.#sink !== undefined) {
        this.#cancellation.listen(undefined)
        this.#sink.destroy()
        this.#settleBody?.reject(error)
      }
    }
    if (!this.#ended) this.#slot.abandon()
  }

  /** What has been read already still comes. */
  #pause(): void {
    this.#paused = true
    this.#slot.reads.hold()
  }

  #onDrain(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#lastMoveAt = this.#clock.now()
    this.#slot.reads.release()
  }

  /** It counts from the last byte that moved up, also when that was the last of all. */
  #onHeadDeadline(): void {
    const upload = this.#upload
    if (upload !== undefined) {
      const left = this.#lastMoveAt + this.#limits.headTimeoutMs - this.#clock.now()
      if (left > 0) {
        this.#timer = this.#clock.after(left, () => this.#onHeadDeadline())
        return
      }
      if (!upload.destroyed && upload.waitsForCaller) {
        this.#fail(new ProxyError('invalid_request', 'The request body stalled.'))
        return
      }
    }
    this.#fail(timeoutFailure(this))
  }

  /** An idle upstream is cut; a reader that is not ready is not the upstream's fault. */
  #onIdle(): void {
    const left = this.#paused
      ? this.#limits.bodyIdleTimeoutMs
      : this.#lastMoveAt + this.#limits.bodyIdleTimeoutMs - this.#clock.now()
    if (left > 0) this.#timer = this.#clock.after(left, () => this.#onIdle())
    else this.#fail(timeoutFailure(this))
  }
}
