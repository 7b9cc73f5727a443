import { describeFault } from '@proxy/composition'
import type { Logger } from 'pino'
import type { LogWriter } from './logging/log-writer.js'

export const standardOutput = 1
/** What the last lines get before a process exits without them. */
export const flushMs = 1_000

/** What nobody caught is a bug: it is logged without its message, and a process in an unknown state ends. */
export function watchForBugs(logger: Logger, writer: LogWriter): void {
  process.on('unhandledRejection', (reason) => {
    logger.error({ fault: describeFault(reason) }, 'unhandled rejection')
  })
  process.on('uncaughtException', (error) => {
    logger.fatal({ fault: describeFault(error) }, 'uncaught exception')
    void writer.flush(flushMs).finally(() => process.exit(1))
  })
}
