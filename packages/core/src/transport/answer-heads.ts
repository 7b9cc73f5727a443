import type { Socket } from 'node:net'
import { ProxyError } from '../errors.js'

const carriageReturn = 0x0d
const lineFeed = 0x0a
const zero = 0x30
const one = 0x31
const two = 0x32
const letterH = 0x48

/** Where the class of the status begins in `HTTP/1.1 200`, and where the status ends. */
const statusAt = 9
const statusEnd = 12
const interimHeadsMax = 32

/** Waits for the parser to have seen all that has arrived. */
export interface ParsedListener {
  /** `isBroken`: what arrived was no valid answer, or the connection is gone; undici reports it soon. */
  onParsed(isBroken: boolean): void
}

/**
 * Looks at the first bytes of each answer on one connection before undici does. undici takes an unasked
 * `100 Continue` for a broken upstream, though RFC 9110 15.2 lets a server send one at any time: here it becomes
 * `102`, which undici passes over. Its parser also reads answers that are not HTTP/1 at all, upgrades that nobody asked
 * for and interim heads without end; these close the connection.
 *
 * All other bytes pass as they are; the cost is a comparison or two for each read.
 */
export class AnswerHeads {
  #isExpected = false
  /** Bytes of the current head's status line that have passed; `statusEnd` in the rest of an interim head. */
  #position = 0
  #startsWithTen = false
  /** How much of the empty line that ends an interim head has passed. */
  #matched = 0
  #interimHeads = 0
  #listener: ParsedListener | undefined

  /** Says that a request goes out, so that the next byte read belongs to the head of its answer. */
  expect(): void {
    this.#isExpected = true
    this.#position = 0
    this.#interimHeads = 0
  }

  /**
   * Calls the listener once, when the parser is through with what came together with the head. False, and no call,
   * when the head did not come this way.
   */
  afterParsing(listener: ParsedListener): boolean {
    if (this.#isExpected) return false
    this.#listener = listener
    return true
  }

  /** Watches a new socket in place of the one before. */
  attach(socket: Socket): void {
    this.#isExpected = false
    this.#listener = undefined
    const read = socket.read
    socket.read = (size?: number): unknown => {
      const chunk: unknown = read.call(socket, size)
      if (chunk === null) this.#tellParsed(socket)
      else if (this.#isExpected) this.#inspect(chunk as Buffer, socket)
      return chunk
    }
  }

  /** undici reads until there is no more, with the parser in between. */
  #tellParsed(socket: Socket): void {
    const listener = this.#listener
    if (listener === undefined) return
    this.#listener = undefined
    listener.onParsed(socket.destroyed)
  }

  #inspect(chunk: Buffer, socket: Socket): void {
    const isWholeFinalHead =
      this.#position === 0 && chunk[0] === letterH && chunk[5] === one && (chunk[statusAt] ?? one) !== one
    if (isWholeFinalHead) this.#isExpected = false
    else if (!this.#walk(chunk))
      socket.destroy(new ProxyError('upstream_protocol', 'The upstream sent an answer that is not valid HTTP.'))
  }

  /** Goes through interim heads, in any number of pieces. False when the answer is not to be read. */
  #walk(chunk: Buffer): boolean {
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index]
      if (this.#position === statusEnd) {
        this.#matchEnd(byte)
      } else if (this.#position > 0 || (byte !== carriageReturn && byte !== lineFeed)) {
        if ((this.#position === 0 && byte !== letterH) || (this.#position === 5 && byte !== one)) return false
        if (this.#position === statusAt) {
          this.#isExpected = byte === one
          if (!this.#isExpected) return true
        }
        if (this.#position === statusAt + 1) this.#startsWithTen = byte === zero
        if (this.#position === statusAt + 2) {
          this.#interimHeads += 1
          const isUpgrade = this.#startsWithTen && byte === one
          if (isUpgrade || this.#interimHeads > interimHeadsMax) return false
          if (this.#startsWithTen && byte === zero) chunk[index] = two
        }
        this.#position += 1
      }
    }
    return true
  }

  #matchEnd(byte: number | undefined): void {
    const wanted = this.#matched % 2 === 0 ? carriageReturn : lineFeed
    this.#matched = byte === wanted ? this.#matched + 1 : byte === carriageReturn ? 1 : 0
    if (this.#matched < 4) return
    this.#matched = 0
    this.#position = 0
  }
}
