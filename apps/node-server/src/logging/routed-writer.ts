import type { LogWriter } from './log-writer.js'

/** A writer whose lines another process writes while there is such a one. */
export interface RoutedWriter extends LogWriter {
  /** Who takes the lines from now on; undefined for this process itself. */
  route(send: ((line: string) => void) | undefined): void
}

/** Writes what it has itself as long as nobody else does. */
export function routedWriter(own: LogWriter): RoutedWriter {
  let write = own.write
  return {
    write: (line) => write(line),
    get dropped() {
      return own.dropped
    },
    flush: own.flush,
    route(send) {
      write = send ?? own.write
    },
  }
}
