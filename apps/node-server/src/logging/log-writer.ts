import { fstatSync, write } from 'node:fs'
import { Socket } from 'node:net'

/** Takes lines and writes them in batches, never waiting and never keeping more than its bound. */
export interface LogWriter {
  /** `line` is ASCII and ends in a newline. */
  write(line: string): void
  /** Lines that were dropped because nobody read. */
  readonly dropped: number
  /** Writes what is left, for `withinMs` at most. */
  flush(withinMs: number): Promise<void>
}

/** Hands a batch over; `done` is called once when it is written, or never will be. */
type Sink = (batch: Buffer, done: (isOpen: boolean) => void) => void

/** Each batch wakes its reader, who may share a core with callers or upstreams. */
const BATCH_AFTER_MS = 100
const BATCH_BYTES = 64 * 1024
const PIPE_BYTES = 4_096
const KEPT_BYTES = 4 * 1024 * 1024

/**
 * Lines to a file descriptor. Node writes to pipes synchronously, so that a reader that stops would stop the server:
 * here a pipe is a socket, anything else goes through the thread pool, one batch at a time. `isShared` keeps the lines
 * of several processes on one pipe whole.
 *
 * A line is copied at once, while what it was put together from is still in the caches.
 */
export function createLogWriter(descriptor: number, { isShared = false } = {}): LogWriter {
  let batch: Buffer = Buffer.allocUnsafeSlow(BATCH_BYTES)
  let spare: Buffer | undefined
  let filled = 0
  /** Batches behind the one that is being written. */
  const waiting: Buffer[] = []
  let waitingBytes = 0
  let isWriting = false
  let isOpen = true
  let dropped = 0
  let untold = 0
  let timer: NodeJS.Timeout | undefined
  let whenIdle: (() => void) | undefined
  const send = openSink(descriptor, isShared, () => {
    isOpen = false
  })

  /** Ends the batch; the next one has room for `length` bytes. */
  function endBatch(length: number): void {
    if (filled > 0) waiting.push(batch.subarray(0, filled))
    waitingBytes += filled
    filled = 0
    batch = length <= BATCH_BYTES && spare !== undefined ? spare : Buffer.allocUnsafeSlow(Math.max(BATCH_BYTES, length))
    if (batch === spare) spare = undefined
  }

  /** Nobody reads any more. */
  function loseAll(written: Buffer): void {
    endBatch(0)
    for (const lost of [written, ...waiting]) dropped += countLines(lost)
    waiting.length = 0
    waitingBytes = 0
  }

  function writeBatch(): void {
    clearTimeout(timer)
    timer = undefined
    if (isWriting) return
    if (waiting.length === 0 && filled > 0) endBatch(0)
    const next = waiting.shift()
    if (next === undefined) return
    waitingBytes -= next.length
    const told = untold > 0 ? Buffer.concat([Buffer.from(droppedLine(untold)), next]) : next
    untold = 0
    isWriting = true
    send(told, (stillOpen) => {
      isWriting = false
      isOpen &&= stillOpen
      if (!isOpen) loseAll(next)
      if (next.buffer.byteLength === BATCH_BYTES) spare = Buffer.from(next.buffer)
      if ((filled === 0 && waiting.length === 0) || !isOpen) whenIdle?.()
      else if (waiting.length > 0 || whenIdle !== undefined) writeBatch()
      else timer ??= setTimeout(writeBatch, BATCH_AFTER_MS).unref()
    })
  }

  return {
    write(line) {
      if (!isOpen || waitingBytes + filled + line.length > KEPT_BYTES) {
        dropped += 1
        untold += 1
        return
      }
      if (filled + line.length > batch.length) {
        endBatch(line.length)
        writeBatch()
      }
      filled += batch.write(line, filled, 'latin1')
      if (!isWriting) timer ??= setTimeout(writeBatch, BATCH_AFTER_MS).unref()
    },
    get dropped() {
      return dropped
    },
    async flush(withinMs) {
      await new Promise<void>((resolve) => {
        const deadline = setTimeout(resolve, withinMs)
        whenIdle = () => {
          clearTimeout(deadline)
          resolve()
        }
        writeBatch()
        if (!isWriting) whenIdle()
      })
    },
  }
}

function openSink(descriptor: number, isShared: boolean, onClosed: () => void): Sink {
  let kind: { isFIFO(): boolean; isSocket(): boolean }
  try {
    // As bigint: the plain form leaves the kind where Node's `realpathSync` looks for it, and imports would then stop
    // following symbolic links.
    kind = fstatSync(descriptor, { bigint: true })
  } catch {
    onClosed()
    return (_batch, done) => done(false)
  }
  return kind.isFIFO() || kind.isSocket() ? streamSink(descriptor, isShared, onClosed) : fileSink(descriptor)
}

function streamSink(descriptor: number, isShared: boolean, onClosed: () => void): Sink {
  const socket = new Socket({ fd: descriptor, readable: false, writable: true })
  socket.on('error', onClosed) // the reader is gone; calls go on without a log
  socket.unref()
  return (batch, done) => {
    const pieces = isShared ? wholeLines(batch) : [batch]
    const next = (error?: Error | null): void => {
      const piece = pieces.shift()
      if (piece === undefined || (error !== undefined && error !== null)) done(error === undefined || error === null)
      else socket.write(piece, next)
    }
    next()
  }
}

/** Pieces that the system writes to a pipe whole or not at all: lines of several workers do not mix (POSIX PIPE_BUF). */
function wholeLines(batch: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  let start = 0
  while (batch.length - start > PIPE_BYTES) {
    const lastEnd = batch.lastIndexOf(10, start + PIPE_BYTES - 1)
    const end = lastEnd < start ? batch.indexOf(10, start + PIPE_BYTES) : lastEnd
    if (end === -1) break
    pieces.push(batch.subarray(start, end + 1))
    start = end + 1
  }
  if (start < batch.length) pieces.push(batch.subarray(start))
  return pieces
}

function fileSink(descriptor: number): Sink {
  return function writeRest(batch, done): void {
    write(descriptor, batch, 0, batch.length, null, (error, written) => {
      // A full disk recovers; what could not be written is lost, the next batch is tried again.
      if (error !== null || written === batch.length) done(error === null || error.code !== 'EBADF')
      else writeRest(batch.subarray(written), done)
    })
  }
}

function countLines(batch: Buffer): number {
  let count = 0
  for (let end = batch.indexOf(10); end !== -1; end = batch.indexOf(10, end + 1)) count += 1
  return count
}

function droppedLine(count: number): string {
  return `{"level":"warn","time":${Date.now()},"msg":"log lines dropped because nobody read them","count":${count}}\n`
}
