import type { Cancellation } from '../cancellation.js'
import { ProxyError } from '../errors.js'
import type { Clock, Timer } from '../ports/clock.js'
import { AnswerHeads } from './answer-heads.js'
import type { Connector } from './connector.js'
import { SocketReads } from './socket-reads.js'
import { SocketWrites } from './socket-writes.js'
import { Client } from './undici-parts.js'

/** One connection's worth of undici: it connects when first used and again after its socket has closed. */
export class Slot {
  readonly client: Client
  /** Holds answers back from undici. */
  readonly reads: SocketReads
  /** Keeps a failed write from taking an answer along. */
  readonly writes: SocketWrites
  /** Sees the answers before undici does. */
  readonly heads: AnswerHeads
  /** A socket is open, so the next request goes out on a reused one. */
  connected = false
  readonly #origin: Origin

  constructor(client: Client, reads: SocketReads, writes: SocketWrites, heads: AnswerHeads, origin: Origin) {
    this.client = client
    this.reads = reads
    this.writes = writes
    this.heads = heads
    this.#origin = origin
  }

  /** The exchange is over: the connection is free, or gone. */
  release(): void {
    this.#origin.give(this)
  }

  /** Lets the request in flight finish. */
  async close(): Promise<void> {
    if (!this.client.destroyed) await this.client.close()
  }

  /**
   * Closes the connection, open or still being made, under an exchange that nobody waits for. Aborting the request
   * alone would make undici connect again at once.
   */
  abandon(): void {
    this.client.destroy().catch(ignore)
  }
}

export interface OriginOptions {
  readonly url: string
  readonly connect: Connector
  readonly clock: Clock
  readonly connectionsMax: number
  readonly queueTimeoutMs: number
  readonly keepAliveMs: number
  readonly maxHeadBytes: number
}

interface Waiter {
  readonly resolve: (slot: Slot) => void
  readonly reject: (error: Error) => void
  readonly timer: Timer
}

/**
 * The connections to one origin: last used first, bounded, with a queue that has a deadline. One origin that is slow
 * fills its own queue and nobody else's.
 */
export class Origin {
  readonly #options: OriginOptions
  /** Parsed once, not for each client. */
  readonly #url: URL
  readonly #slots = new Set<Slot>()
  readonly #idle: Slot[] = []
  readonly #waiting = new Set<Waiter>()
  #usedAt = 0

  constructor(options: OriginOptions) {
    this.#options = options
    this.#url = new URL(options.url)
  }

  /** Epoch milliseconds of the last use; undefined while in use. */
  get idleSince(): number | undefined {
    return this.#idle.length === this.#slots.size ? this.#usedAt : undefined
  }

  /** A free connection at once, or undefined when all are busy. */
  takeNow(): Slot | undefined {
    const slot = this.#idle.pop()
    if (slot !== undefined) return slot
    return this.#slots.size < this.#options.connectionsMax ? this.#open() : undefined
  }

  /** Waits for a connection; rejects with `overloaded` after the queue's deadline. */
  waitForTurn(cancellation: Cancellation): Promise<Slot> {
    return new Promise((resolve, reject) => {
      const leave = (error: Error) => {
        this.#waiting.delete(waiter)
        waiter.timer.cancel()
        cancellation.listen(undefined)
        reject(error)
      }
      const waiter: Waiter = {
        resolve,
        reject,
        timer: this.#options.clock.after(this.#options.queueTimeoutMs, () => leave(overloaded())),
      }
      this.#waiting.add(waiter)
      cancellation.listen(() => leave(new ProxyError('upstream_connect', 'The caller has left.')))
    })
  }

  give(slot: Slot): void {
    if (slot.client.destroyed || slot.client.closed) {
      this.#slots.delete(slot)
      if (this.#waiting.size === 0) return
      slot = this.#open()
    }
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter)
      waiter.timer.cancel()
      waiter.resolve(slot)
      return
    }
    this.#idle.push(slot)
    this.#usedAt = this.#options.clock.now()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#slots].map((slot) => slot.close()))
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#slots].map((slot) => slot.client.destroy()))
  }

  #open(): Slot {
    const { connect, keepAliveMs, maxHeadBytes } = this.#options
    const reads = new SocketReads()
    const writes = new SocketWrites()
    const heads = new AnswerHeads()
    const client = new Client(this.#url, {
      connect: (wanted, callback) =>
        connect(wanted, (...opened) => {
          if (opened[1] !== null) {
            reads.attach(opened[1])
            writes.attach(opened[1])
            heads.attach(opened[1])
          }
          callback(...opened)
        }),
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      maxHeaderSize: maxHeadBytes,
    })
    const slot = new Slot(client, reads, writes, heads, this)
    client.on('connect', () => {
      slot.connected = true
    })
    client.on('disconnect', () => {
      slot.connected = false
    })
    this.#slots.add(slot)
    return slot
  }
}

function overloaded(): ProxyError {
  return new ProxyError('overloaded', 'Too many calls to this upstream are under way.', { retryAfterSeconds: 1 })
}

function ignore(): void {}
